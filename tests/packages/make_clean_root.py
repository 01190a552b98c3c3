"""Makes the clean roots that the tests beside this use."""

import sys

import clean_root
import debian_packages


def main():
    try:
        for folder in clean_root.make(debian_packages.packages_in(debian_packages.DEBS)):
            print(folder)
    except clean_root.Unavailable as reason:
        print(f"skipped, there can be no clean root: {reason}")
        return debian_packages.COULD_NOT_RUN
    return 0


if __name__ == "__main__":
    sys.exit(main())
