"""What the packages have in them, without installing them."""

import gzip
import json
import pathlib
import re
import stat
import subprocess
import tempfile
import unittest

import debian_packages
from debian_packages import SOURCE, output

MADE = debian_packages.packages_in(debian_packages.DEBS)
# Where a package may put files.
STANDARD = re.compile(
    r"^(etc/stile/|usr/bin/|usr/include/(stile/|stile\.h|stile\.hpp)|usr/lib/|usr/share/(doc|man)/|"
    r"usr/share/bash-completion/completions/|usr/share/nginx/modules-available/)")


def is_elf(path):
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


class PackageContentsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="stile-debs-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.trees = {name: debian_packages.unpacked(deb, pathlib.Path(cls.folder.name) / name)
                     for name, deb in MADE.items()}

    def files(self):
        """(package, path inside, file) of all that is installed."""
        for name, tree in self.trees.items():
            for path in sorted(tree.rglob("*")):
                inside = path.relative_to(tree).as_posix()
                if not inside.startswith("DEBIAN") and (path.is_symlink() or path.is_file()):
                    yield name, inside, path

    def binaries(self):
        for name, inside, path in self.files():
            if not path.is_symlink() and is_elf(path):
                yield name, inside, path

    def test_each_package_has_what_it_is_for(self):
        libdir = "usr/" + debian_packages.cached("CMAKE_INSTALL_LIBDIR")
        wanted = {
            "stiled": ["usr/bin/stiled", "usr/bin/stile", "etc/stile/stile.toml",
                       "etc/stile/policy.toml", "usr/lib/systemd/system/stiled.service",
                       "usr/lib/systemd/system/stiled.socket", "usr/share/man/man8/stiled.8.gz",
                       "usr/share/man/man1/stile.1.gz", "usr/share/man/man5/stile.toml.5.gz",
                       "usr/share/bash-completion/completions/stile"],
            "libstile1": [f"{libdir}/libstile.so.1"],
            "libstile-dev": ["usr/include/stile.h", f"{libdir}/libstile.so",
                             f"{libdir}/libstile_engine.a", f"{libdir}/pkgconfig/stile.pc",
                             f"{libdir}/cmake/stile/stile-config.cmake"],
            "libnginx-mod-http-stile": ["usr/lib/nginx/modules/ngx_http_stile_module.so",
                                        "usr/share/nginx/modules-available/mod-http-stile.conf"]}
        have = {}
        for name, inside, _ in self.files():
            have.setdefault(name, set()).add(inside)
        for name in MADE:
            documents = [f"usr/share/doc/{name}/{file}"
                         for file in ("copyright", "changelog.gz", f"{name}.spdx.json")]
            self.assertEqual(set(wanted[name] + documents) - have[name], set(), name)

    def test_no_file_is_in_two_packages(self):
        owners = {}
        for name, inside, _ in self.files():
            self.assertNotIn(inside, owners, f"{name} and {owners.get(inside)}")
            owners[inside] = name

    def test_files_are_where_debian_has_them(self):
        self.assertEqual([f"{name}: {inside}" for name, inside, _ in self.files()
                          if not STANDARD.match(inside)], [])

    def test_nobody_but_root_can_write_to_what_is_installed(self):
        for name, inside, path in self.files():
            state = path.lstat()
            if not stat.S_ISLNK(state.st_mode):
                self.assertEqual(stat.S_IMODE(state.st_mode) & 0o7022, 0, f"{name}: {inside}")
        for deb in MADE.values():
            owners = {line.split()[1] for line in output("dpkg-deb", "-c", deb).splitlines()}
            self.assertEqual(owners, {"root/root"})

    def test_every_conffile_is_named_and_there(self):
        for name, tree in self.trees.items():
            named = tree / "DEBIAN/conffiles"
            named = named.read_text().split() if named.exists() else []
            have = [f"/{inside}" for package, inside, _ in self.files()
                    if package == name and inside.startswith("etc/")]
            self.assertEqual(sorted(named), sorted(have), name)

    def test_no_key_is_in_a_package(self):
        for name, inside, path in self.files():
            self.assertNotIn("keys", pathlib.Path(inside).name, name)
            if inside.startswith("etc/"):
                self.assertNotRegex(path.read_text(), r"(?m)^\s*secret\s*=")

    def test_nothing_searches_libraries_in_a_place_of_its_own(self):
        for name, inside, path in self.binaries():
            self.assertNotRegex(output("readelf", "-dW", path), r"\((RPATH|RUNPATH)\)",
                                f"{name}: {inside}")

    def test_programs_are_stripped(self):
        for name, inside, path in self.binaries():
            self.assertNotIn(".debug_info", output("readelf", "-SW", path), f"{name}: {inside}")
            self.assertNotIn(".symtab", output("readelf", "-SW", path), f"{name}: {inside}")

    def test_no_file_knows_where_or_when_it_was_built(self):
        traces = [str(SOURCE).encode(), str(debian_packages.BUILD).encode()]
        for name, inside, path in self.files():
            if path.is_symlink():
                continue
            data = path.read_bytes()
            if path.suffix == ".gz":
                self.assertEqual(data[4:8], b"\0\0\0\0", f"{name}: {inside} has a time in it")
                data = gzip.decompress(data)
            for trace in traces:
                self.assertNotIn(trace, data, f"{name}: {inside}")

    def test_no_program_has_the_day_of_its_compilation_in_it(self):
        # What __DATE__ gives; the time beside it is __TIME__.
        day = re.compile(rb"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-9][0-9] 20[0-9]{2}\0")
        for name, inside, path in self.binaries():
            self.assertIsNone(day.search(path.read_bytes()), f"{name}: {inside}")

    def test_shared_library_says_which_package_is_needed(self):
        version = debian_packages.cached("CMAKE_PROJECT_VERSION")
        self.assertEqual((self.trees["libstile1"] / "DEBIAN/shlibs").read_text(),
                         f"libstile 1 libstile1 (>= {version})\n")
        self.assertIn(f"libstile1 (= {debian_packages.field(MADE['libstile-dev'], 'Version')})",
                      debian_packages.field(MADE["libstile-dev"], "Depends"))

    def test_descriptions_begin_with_one_line_of_their_own(self):
        lines = [debian_packages.field(deb, "Description").splitlines() for deb in MADE.values()]
        self.assertEqual(len({line[0] for line in lines}), len(MADE))
        for line in lines:
            self.assertLessEqual(len(line[0]), 80)
            self.assertGreater(len(line), 1)

    def test_maintainer_scripts_are_good_shell(self):
        for name, tree in self.trees.items():
            for script in ("preinst", "postinst", "prerm", "postrm"):
                path = tree / "DEBIAN" / script
                if path.exists():
                    self.assertEqual(path.read_text().splitlines()[0], "#!/bin/sh", f"{name}: {script}")
                    self.assertRegex(path.read_text(), r"(?m)^set -e", f"{name}: {script}")
                    output("sh", "-n", path)
                    self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o755)

    def test_nginx_module_fits_one_nginx_alone(self):
        if "libnginx-mod-http-stile" not in MADE:
            self.skipTest("adapters/nginx is not built here: there is no package of the module")
        provided = subprocess.run(
            ["dpkg-query", "-W", "-f=${Provides}\n", "nginx"], text=True, check=True,
            stdout=subprocess.PIPE).stdout
        self.assertIn(re.search(r"nginx-abi-\S+?(?=,|$)",
                                debian_packages.field(MADE["libnginx-mod-http-stile"], "Depends"))
                      .group(), provided)

    def test_package_without_a_known_licence_is_not_made(self):
        table = json.loads((SOURCE / "packages/licences.json").read_text())
        self.assertEqual(self.bill(table), (0, ""))
        del table["sources"]["spdlog"]
        status, said = self.bill(table)
        self.assertEqual(status, 1)
        self.assertIn("look up its licence and add it", said)

    def test_package_with_a_licence_that_takes_ours_over_is_not_made(self):
        table = json.loads((SOURCE / "packages/licences.json").read_text())
        table["sources"]["yaml-cpp"]["licence"] = "GPL-3.0-only"
        status, said = self.bill(table)
        self.assertEqual(status, 1)
        self.assertIn("does not go with Apache-2.0", said)

    def test_package_whose_licence_debian_sees_differently_is_not_made(self):
        table = json.loads((SOURCE / "packages/licences.json").read_text())
        table["sources"]["libsodium"]["debian"] = "Expat"
        status, said = self.bill(table)
        self.assertEqual(status, 1)
        self.assertIn("Debian says ISC", said)

    def bill(self, table):
        """What bill_of_materials.py makes of the stiled package with this table of licences."""
        folder = pathlib.Path(self.folder.name)
        (folder / "licences.json").write_text(json.dumps(table))
        result = subprocess.run(
            ["python3", "-B", str(SOURCE / "packages/bill_of_materials.py"),
             "--build", str(debian_packages.BUILD), "--root", str(self.trees["stiled"]),
             "--package", "stiled", "--version", "1", "--architecture",
             debian_packages.multiarch(), "--output",
             str(folder / "bill.json"), "--licences", str(folder / "licences.json")],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return result.returncode, result.stdout


class BillOfMaterialsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="stile-debs-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.bills = {}
        cls.trees = {}
        for name, deb in MADE.items():
            cls.trees[name] = debian_packages.unpacked(deb, pathlib.Path(cls.folder.name) / name)
            cls.bills[name] = json.loads(
                (cls.trees[name] / f"usr/share/doc/{name}/{name}.spdx.json").read_text())

    def names(self, bill, kind, file):
        """What `file` has this relation to."""
        packages = {package["SPDXID"]: package["name"] for package in bill["packages"]}
        return {packages[relation["relatedSpdxElement"]] for relation in bill["relationships"]
                if relation["relationshipType"] == kind
                and relation["spdxElementId"] == f"SPDXRef-File-{file}"}

    def test_bill_is_spdx(self):
        for name, bill in self.bills.items():
            self.assertEqual((bill["spdxVersion"], bill["dataLicense"], bill["SPDXID"]),
                             ("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"), name)
            self.assertRegex(bill["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            known = {"SPDXRef-DOCUMENT", *(element["SPDXID"] for element in
                                           bill["packages"] + bill["files"])}
            self.assertEqual(len(known), 1 + len(bill["packages"]) + len(bill["files"]))
            for relation in bill["relationships"]:
                self.assertLessEqual({relation["spdxElementId"], relation["relatedSpdxElement"]},
                                     known)

    def test_bill_names_each_file_as_it_is(self):
        for name, bill in self.bills.items():
            for file in bill["files"]:
                path = self.trees[name] / file["fileName"]
                wanted = output("sha256sum", path).split()[0]
                self.assertIn({"algorithm": "SHA256", "checksumValue": wanted}, file["checksums"])

    def test_every_library_that_a_program_needs_is_listed(self):
        for name, bill in self.bills.items():
            linked = {relation["relatedSpdxElement"] for relation in bill["relationships"]
                      if relation["relationshipType"] == "DYNAMIC_LINK"}
            listed = {package["name"] for package in bill["packages"] if package["SPDXID"] in linked}
            wanted = set(debian_packages.depends(MADE[name])) - set(debian_packages.OWN)
            if name == "libstile-dev":
                continue  # Its user links.
            wanted = {package for package in wanted if not package.startswith("nginx-abi-")}
            self.assertEqual({package for package in wanted
                              if package.removesuffix("-fmt9") not in listed}, set(), name)

    def test_header_only_libraries_are_listed(self):
        inside = self.names(self.bills["stiled"], "STATIC_LINK", "usr-bin-stiled")
        self.assertLessEqual({"libboost1.81-dev", "libtomlplusplus-dev", "libexpected-dev",
                              "libcli11-dev", "libfmt-dev"}, inside)

    def test_versions_are_those_of_this_machine(self):
        bill = self.bills["stiled"]
        (openssl,) = [package for package in bill["packages"] if package["name"] == "libssl3"]
        self.assertEqual(openssl["versionInfo"],
                         output("dpkg-query", "-W", "-f=${Version}", "libssl3"))
        self.assertEqual(openssl["licenseDeclared"], "Apache-2.0")

    def test_no_licence_is_unknown_or_takes_ours_over(self):
        for name, bill in self.bills.items():
            for package in bill["packages"]:
                licence = package["licenseConcluded"]
                self.assertNotIn(licence, ("", "NOASSERTION", "NONE"), f"{name}: {package['name']}")
                self.assertFalse(re.search(r"\bA?GPL", licence.replace("LGPL", ""))
                                 and " WITH " not in licence, f"{name}: {package['name']}: {licence}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
