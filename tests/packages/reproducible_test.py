"""The same sources give the same packages, bit by bit, wherever and whenever they are made.

The short tier packs what was built a second time, in another folder. The long one builds a copy of
the sources in another folder too, without a cache of compiled objects, and packs that.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import debian_packages
from debian_packages import BUILD, SOURCE, output

FULL = os.environ.get("STILE_TEST_TIER") == "full"


def digests(made):
    return {name: hashlib.sha256(deb.read_bytes()).hexdigest() for name, deb in made.items()}


def differences(one, other):
    """Which files of two packages differ, for whoever has to find out why."""
    with tempfile.TemporaryDirectory(prefix="stile-differ-") as folder:
        folder = pathlib.Path(folder)
        for name, deb in (("one", one), ("other", other)):
            debian_packages.unpacked(deb, folder / name)
        return subprocess.run(["diff", "-rq", "one", "other"], cwd=folder, text=True, check=False,
                              stdout=subprocess.PIPE).stdout


class ReproducibleTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stile-reproducible-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.made = debian_packages.packages_in(debian_packages.DEBS)

    def assert_same(self, made):
        self.assertEqual(sorted(made), sorted(self.made))
        for name, deb in made.items():
            if digests({name: deb}) != digests({name: self.made[name]}):
                self.fail(f"{name} differs: {differences(self.made[name], deb) or 'its archive'}")

    def test_packing_again_elsewhere_gives_the_same_packages(self):
        self.assert_same(debian_packages.pack(self.folder / "somewhere/else"))

    def test_another_time_gives_other_packages(self):
        made = debian_packages.pack(self.folder / "later", epoch=debian_packages.EPOCH + 1)
        self.assertNotEqual(digests(made), digests(self.made), "the comparison sees nothing")

    @unittest.skipUnless(FULL, "it builds everything once more: scripts/test.sh --full")
    def test_building_elsewhere_gives_the_same_packages(self):
        copy = self.folder / "a_folder_with_another_and_longer_name/stile"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns(
            "build", ".git", "node_modules", "__pycache__"))
        environment = dict(os.environ, CCACHE_DISABLE="1",
                           SOURCE_DATE_EPOCH=str(debian_packages.EPOCH))
        environment.pop("DESTDIR", None)
        options = [f"-D{name}={debian_packages.cached(name)}" for name in (
            "CMAKE_BUILD_TYPE", "CMAKE_INSTALL_LIBDIR", "CMAKE_C_COMPILER", "CMAKE_CXX_COMPILER",
            "CMAKE_CXX_FLAGS", "CMAKE_CXX_FLAGS_RELEASE")]
        output(os.environ.get("CMAKE", "cmake"), "-S", copy, "-B", copy / "build/elsewhere", "-G",
               "Ninja", "-DSTILE_BUILD_TESTS=OFF", "-DSTILE_BUILD_BENCH=OFF", *options,
               env=environment)
        output(os.environ.get("CMAKE", "cmake"), "--build", copy / "build/elsewhere", "-j",
               str(os.cpu_count()), env=environment)
        for name in ("bin/stiled", "bin/stile", "lib/libstile.so.1"):
            self.assertEqual(hashlib.sha256((BUILD / name).read_bytes()).hexdigest(),
                             hashlib.sha256((copy / "build/elsewhere" / name).read_bytes())
                             .hexdigest(), name)
        self.assert_same(debian_packages.pack(self.folder / "debs", build=copy / "build/elsewhere"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
