#!/usr/bin/env python3
"""Writes a package's bill of materials: what of other projects is linked to or compiled into its
files, in which version and under which licence, as SPDX 2.3 JSON.

Nothing is listed by hand. Shared libraries are those that a file asks for (readelf), and headers
those that the compiler read for the objects that it is made of (ninja). dpkg knows whose they are
and in which version; licences.json knows the licences. One that is missing there, that Debian's
copyright file contradicts, or that does not go with Apache-2.0 stops packaging: exit status 1.

SOURCE_DATE_EPOCH is the time that the document bears, as reproducible builds want it.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

# Licences that code which is compiled in may have beside Apache-2.0.
COMPILED_IN = {
    "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "ISC", "MIT", "Zlib",
    "GPL-3.0-or-later WITH GCC-exception-3.1",  # What a compiler adds to a program.
    "GPL-2.0-only WITH Linux-syscall-note",  # The kernel's interface as its headers name it.
}
# And those that a shared library may have besides: it stays apart, and its headers with it.
SHARED = COMPILED_IN | {"LGPL-2.1-or-later", "LGPL-3.0-or-later"}


class Mistake(Exception):
    pass


def output(*command):
    return subprocess.run([str(word) for word in command], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def is_elf(path):
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


class Dpkg:
    """Whose a file is, by the package database of this machine."""

    def __init__(self, database=pathlib.Path("/var/lib/dpkg/info")):
        self.packages = {}
        self.files = {}
        # `dpkg-query -S` reads all of this anew for each file that it is asked for.
        for path in database.glob("*.list"):
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                # With /usr merged a package may have a file under its old name.
                self.files[line.removeprefix("/usr")] = path.name.removesuffix(".list")

    def owners(self, paths):
        """{path: binary package} of those of `paths` that a package has."""
        found = {}
        for path in paths:
            package = self.files.get(path.removeprefix("/usr"))
            if package is not None:
                found[path] = package
        return found

    def describe(self, package):
        if package not in self.packages:
            version, source, architecture = output(
                "dpkg-query", "-W", "-f=${Version} ${source:Package} ${Architecture}",
                package).split()
            self.packages[package] = {
                "name": package.split(":")[0], "version": version, "source": source,
                "architecture": architecture}
        return self.packages[package]


def debian_licence(name):
    """What a machine-readable copyright file says of `Files: *`; empty if there is no such thing."""
    path = pathlib.Path("/usr/share/doc") / name / "copyright"
    if not path.is_file():
        return ""
    for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8", errors="replace")):
        if re.search(r"^Files:\s*\*\s*$", paragraph, re.MULTILINE):
            licence = re.search(r"^License:[ \t]*(\S.*?)\s*$", paragraph, re.MULTILINE)
            return licence.group(1) if licence else ""
    return ""


class Licences:
    def __init__(self, path):
        self.path = path
        self.sources = json.loads(path.read_text(encoding="utf-8"))["sources"]

    def of(self, package, allowed, what, headers=False):
        """The licence of a package's source, or of its headers. Raises Mistake if it may not be there."""
        entry = self.sources.get(package["source"])
        if entry is None:
            raise Mistake(f"{what} {package['name']} of the source {package['source']}: look up its "
                          f"licence and add it to {self.path.name}")
        said = debian_licence(package["name"])
        if said and said != entry["debian"]:
            raise Mistake(f"{what} {package['name']}: Debian says {said}, {self.path.name} has "
                          f"'{entry['debian']}': look again")
        free = headers and entry.get("headers") == "free"
        if entry["licence"] not in allowed and not free:
            raise Mistake(f"{what} {package['name']} under {entry['licence']}, which does not go "
                          "with Apache-2.0: do without it")
        return entry["licence"]


class Build:
    """What ninja knows of a build folder."""

    def __init__(self, folder):
        self.folder = folder
        if not (folder / "build.ninja").is_file():
            raise Mistake(f"{folder} is no Ninja build: configure it with a preset")
        self.outputs = {}
        for line in output("ninja", "-C", folder, "-t", "targets", "all").splitlines():
            name = line.partition(": ")[0]
            self.outputs.setdefault(os.path.basename(name), name)
        self.source = re.search(r"^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$",
                                (folder / "CMakeCache.txt").read_text(), re.MULTILINE).group(1)

    def headers(self, name):
        """Headers of others that the objects behind the output called `name` were made with."""
        if name not in self.outputs:
            return set()
        objects = [path for path in output("ninja", "-C", self.folder, "-t", "inputs",
                                           self.outputs[name]).splitlines() if path.endswith(".o")]
        headers = set()
        if not objects:
            return headers
        for line in output("ninja", "-C", self.folder, "-t", "deps", *objects).splitlines():
            if line.startswith("    "):
                path = os.path.normpath(os.path.join(self.folder, line.strip()))
                if not path.startswith((self.source + "/", str(self.folder) + "/")):
                    headers.add(path)
        return headers


def needed(path, architecture):
    """The shared libraries that an ELF file asks for, as paths of this machine."""
    names = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-dW", path))
    paths = []
    for name in names:
        if name.startswith("libstile.so."):
            continue  # Our own, in a package of its own.
        for folder in (f"/usr/lib/{architecture}", f"/lib/{architecture}", "/lib64", "/lib",
                       f"/usr/{architecture}/lib"):
            candidate = os.path.join(folder, name)
            if os.path.exists(candidate):
                paths.append(candidate)
                break
        else:
            raise Mistake(f"{path.name} needs {name}, which is nowhere on this machine")
    return paths


def resolved(paths):
    return {os.path.realpath(path) for path in paths} | set(paths)


class Bill:
    def __init__(self, package, version):
        self.package = package
        self.version = version
        self.files = []
        self.others = {}
        self.relations = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Package-this")]

    def add_file(self, name, path):
        data = path.read_bytes()
        identifier = "SPDXRef-File-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)
        self.files.append({
            "SPDXID": identifier, "fileName": f"./{name}", "fileTypes": ["BINARY"],
            "checksums": [
                {"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
                {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}],
            "licenseConcluded": "Apache-2.0", "licenseInfoInFiles": ["NOASSERTION"],
            "copyrightText": "NOASSERTION"})
        self.relations.append(("SPDXRef-Package-this", "CONTAINS", identifier))
        return identifier

    def add_other(self, other, licence):
        identifier = "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", "-", other["name"])
        self.others[identifier] = {
            "SPDXID": identifier, "name": other["name"], "versionInfo": other["version"],
            "supplier": "Organization: Debian", "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False, "sourceInfo": f"Debian source package {other['source']}",
            "licenseConcluded": licence, "licenseDeclared": licence,
            "copyrightText": "NOASSERTION",
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": f"pkg:deb/debian/{other['name']}@{other['version']}"
                                    f"?arch={other['architecture']}"}]}
        return identifier

    def document(self, time):
        body = {
            "packages": [{
                "SPDXID": "SPDXRef-Package-this", "name": self.package,
                "versionInfo": self.version, "downloadLocation": "NOASSERTION",
                "filesAnalyzed": False, "licenseConcluded": "Apache-2.0",
                "licenseDeclared": "Apache-2.0", "copyrightText": "NOASSERTION"}]
                        + [self.others[name] for name in sorted(self.others)],
            "files": self.files,
            "relationships": [
                {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
                for one, kind, other in self.relations]}
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        return {
            "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"{self.package}-{self.version}",
            "documentNamespace": f"https://spdx.org/spdxdocs/{self.package}-{self.version}-{digest}",
            "creationInfo": {"created": time, "creators": ["Tool: stile-bill-of-materials"]}, **body}


def make(args):
    dpkg, licences, build = Dpkg(), Licences(args.licences), Build(args.build.resolve())
    bill = Bill(args.package, args.version)
    for path in sorted(args.root.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        elf = is_elf(path)
        if not elf and path.suffix != ".a":
            continue
        file = bill.add_file(path.relative_to(args.root).as_posix(), path)
        shared_sources = set()
        libraries = needed(path, args.architecture) if elf else []
        owners = dpkg.owners(resolved(libraries))
        strangers = [library for library in libraries
                     if library not in owners and os.path.realpath(library) not in owners]
        if strangers:
            raise Mistake(f"{path.name} needs {strangers[0]}, which no Debian package has")
        for package in sorted(set(owners.values())):
            other = dpkg.describe(package)
            shared_sources.add(other["source"])
            licence = licences.of(other, SHARED, f"{path.name} is linked to")
            bill.relations.append((file, "DYNAMIC_LINK", bill.add_other(other, licence)))
        headers = build.headers(path.name)
        owners = dpkg.owners(headers)
        strangers = sorted(headers - set(owners))
        if strangers:
            raise Mistake(f"{path.name} is made with {strangers[0]}, which no Debian package has")
        for package in sorted(set(owners.values())):
            other = dpkg.describe(package)
            if other["source"] in shared_sources:
                continue  # The library's own headers.
            # What is behind the headers of an archive, its user links: see the package's Depends.
            licence = licences.of(other, COMPILED_IN if elf else SHARED, f"{path.name} is made with",
                                  headers=True)
            name = bill.add_other(other, licence)
            bill.relations.append((file, "STATIC_LINK", name) if elf
                                  else (name, "BUILD_DEPENDENCY_OF", file))
    return bill


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--root", required=True, type=pathlib.Path, help="what was installed")
    parser.add_argument("--package", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--architecture", required=True, help="such as x86_64-linux-gnu")
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--licences", type=pathlib.Path, default=HERE / "licences.json")
    args = parser.parse_args()
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.now(datetime.timezone.utc)
    if epoch:
        now = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc)
    try:
        bill = make(args)
    except Mistake as mistake:
        print(f"bill of materials of {args.package}: {mistake}", file=sys.stderr)
        return 1
    text = json.dumps(bill.document(now.strftime("%Y-%m-%dT%H:%M:%SZ")), indent=1) + "\n"
    args.output.write_text(text, encoding="utf-8")
    args.output.chmod(0o644)
    return 0


if __name__ == "__main__":
    sys.exit(main())
