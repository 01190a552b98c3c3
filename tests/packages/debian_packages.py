"""The packages that make_packages.py made, and how CPack makes them."""

import os
import pathlib
import re
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("STILE_BUILD", SOURCE / "build/release"))
CPACK = os.environ.get("CPACK", "cpack")
PLACE = BUILD / "packages-test"
DEBS = PLACE / "debs"
EPOCH = 1_790_000_000  # Any time that is not the present one.
OWN = ("stiled", "libstile1", "libstile-dev", "libnginx-mod-http-stile")
COULD_NOT_RUN = 77


def cached(name):
    """A variable of the build's CMake cache."""
    found = re.search(rf"^{name}:\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(), re.MULTILINE)
    return found.group(1) if found else ""


def output(*command, **options):
    result = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(str(word) for word in command)}: status "
                             f"{result.returncode}\n{result.stdout}")
    return result.stdout


def multiarch():
    """Debian's name of what programs run on here, such as x86_64-linux-gnu."""
    return output("dpkg-architecture", "-qDEB_HOST_MULTIARCH").strip()


def pack(folder, *options, build=BUILD, epoch=EPOCH):
    """Makes the packages of a build. Returns {package: path}."""
    folder.mkdir(parents=True, exist_ok=True)
    # As xz, which is what is shipped, the same takes five times as long.
    output(CPACK, "-B", folder, "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip", *options, cwd=build,
           env=dict(os.environ, SOURCE_DATE_EPOCH=str(epoch)))
    return packages_in(folder)


def packages_in(folder):
    return {path.name.split("_")[0]: path for path in sorted(folder.glob("*.deb"))}


def field(deb, name):
    return output("dpkg-deb", "-f", deb, name).strip()


def depends(deb):
    """The packages that a package depends on, without versions; of alternatives the first."""
    return [re.split(r"[ (|]", entry.strip())[0] for entry in field(deb, "Depends").split(",")
            if entry.strip()]


def unpacked(deb, folder):
    """Lays a package's files, and those that dpkg uses in DEBIAN/, into a folder."""
    output("dpkg-deb", "-R", deb, folder)
    return folder


def newer(deb, folder):
    """The same package as a later revision. Packing it anew would take longer."""
    tree = unpacked(deb, folder / "newer")
    control = tree / "DEBIAN/control"
    text = re.sub(r"(?m)^(Version: .*)-(\d+)$", lambda match: f"{match[1]}-{int(match[2]) + 1}",
                  control.read_text())
    control.write_text(text)
    made = folder / deb.name.replace("_", "-newer_", 1)
    output("dpkg-deb", "-Zgzip", "-b", tree, made)
    return made
