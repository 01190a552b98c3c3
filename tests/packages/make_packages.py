"""Makes the packages of what was built, for the tests beside this."""

import shutil
import sys

import debian_packages


def main():
    shutil.rmtree(debian_packages.DEBS, ignore_errors=True)
    made = debian_packages.pack(debian_packages.DEBS)
    print(" ".join(sorted(made)))
    missing = {"stiled", "libstile1", "libstile-dev"} - set(made)
    if missing:
        print(f"missing: {missing}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
