"""The container: what its Containerfile says is there, and what it adds runs as it would there: as a
user without rights, with everything read-only but two folders, and as the first process.

There is no container tool here: nobody builds or starts the image itself.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

import clean_root
import debian_packages
from debian_packages import SOURCE, output

CONTAINER = SOURCE / "packages/container"
DEADLINE = 60
FULL = os.environ.get("STILE_TEST_TIER") == "full"
ROOTS = []
MADE = {}
NETWORK = []  # The one outside.


def instructions():
    """{instruction: its words, or its text} of the Containerfile."""
    text = (CONTAINER / "Containerfile").read_text().replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            found[name] = rest.strip()
    return found


SAID = instructions()
USER = SAID["USER"]
ENTRY = json.loads(SAID["ENTRYPOINT"])
HEALTH = json.loads(SAID["HEALTHCHECK"].partition("CMD ")[2])


class ContainerTest(unittest.TestCase):
    def setUp(self):
        self.root = clean_root.CleanRoot(ROOTS[0])
        self.addCleanup(self.root.close)
        output("bash", CONTAINER / "furnish_root.sh", self.root.path, MADE["stiled"])

    def keys(self, owner=None):
        """What whoever runs it has to bring."""
        path = self.root.path / "etc/stile/keys.toml"
        path.write_text(self.root.run("stile", "keygen")[1])
        path.chmod(0o600)
        os.chown(path, *(owner or map(int, USER.split(":"))))

    def as_container(self, *words):
        """How such a process is started there, but for its being the first."""
        # Everything is read-only but the volume and a file system in memory.
        command = self.root.command(*words)
        return [command[0], f"--userspec={USER}", "--groups=", *command[1:]]

    def seal(self):
        for folder in ("run/stile", "var/lib/stile"):
            output("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", self.root.path / folder)
            self.addCleanup(subprocess.run, ["umount", "--lazy", str(self.root.path / folder)],
                            check=False)
        output("mount", "-o", "remount,ro", self.root.path)

    def start(self):
        log = open(pathlib.Path(tempfile.mkdtemp(prefix="stile-container-")) / "log", "w+",
                   encoding="utf-8")
        self.addCleanup(shutil.rmtree, pathlib.Path(log.name).parent)
        self.addCleanup(log.close)
        process = subprocess.Popen(
            ["unshare", "--pid", "--fork", *self.as_container(*ENTRY)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(self.end, process)
        deadline = time.monotonic() + DEADLINE
        while self.health() != 0:
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                self.fail(f"the health check is not content: {log.read()}")
            time.sleep(0.1)
        return process

    def first_process(self, process):
        """The process that is the first one in there."""
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        (inner,) = map(int, children.read_text().split())
        return inner

    def end(self, process):
        if process.poll() is None:
            os.kill(self.first_process(process), signal.SIGKILL)
            process.wait()

    def health(self):
        return subprocess.run(self.as_container(*HEALTH), stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode

    def test_everything_that_the_containerfile_names_is_there(self):
        for program in (ENTRY[0], HEALTH[0]):
            self.assertTrue(os.access(self.root.path / program.lstrip("/"), os.X_OK), program)
        self.assertTrue((self.root.path / SAID["VOLUME"].lstrip("/")).is_dir())
        self.assertEqual(SAID["ADD"], "root.tar /")
        self.assertIn('"${2:-$here/root.tar}"', (CONTAINER / "make_root.sh").read_text())
        config = (self.root.path / "etc/stile/stile.toml").read_text()
        self.assertIn(f'address = "0.0.0.0:{SAID["EXPOSE"]}"', config)
        self.assertEqual(SAID["FROM"], "scratch")
        self.assertTrue(hasattr(signal, SAID["STOPSIGNAL"]))

    def test_user_is_a_number_that_owns_its_folders_and_is_not_root(self):
        user, group = map(int, USER.split(":"))
        self.assertGreater(min(user, group), 0)
        for folder, mode in (("var/lib/stile", 0o700), ("run/stile", 0o755)):
            state = (self.root.path / folder).stat()
            self.assertEqual((state.st_uid, state.st_gid, stat.S_IMODE(state.st_mode)),
                             (user, group, mode), folder)

    def test_no_key_is_in_the_image(self):
        self.assertEqual(sorted(path.name for path in (self.root.path / "etc/stile").iterdir()),
                         ["policy.toml", "stile.toml"])

    def test_shipped_configuration_is_good_once_there_are_keys(self):
        self.keys(owner=(0, 0))
        self.assertEqual(self.root.run("stile", "check", "--strict"), (0, "ok\n"))

    def test_it_runs_without_rights_on_a_read_only_system_and_challenges(self):
        self.keys()
        self.seal()
        process = self.start()
        status = subprocess.run(
            self.as_container("stile", "solve", f"http://127.0.0.1:{SAID['EXPOSE']}/"), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(status.returncode, 0, status.stderr)
        self.assertRegex(status.stdout, "^stile=")
        inner = self.first_process(process)
        ids = re.findall(r"^Uid:\s+(.*)$", pathlib.Path(f"/proc/{inner}/status").read_text(),
                         re.MULTILINE)[0].split()
        self.assertEqual(set(ids), {USER.split(":")[0]})
        capabilities = re.findall(r"^CapEff:\s+(.*)$",
                                  pathlib.Path(f"/proc/{inner}/status").read_text(), re.MULTILINE)
        self.assertEqual(int(capabilities[0], 16), 0)
        os.kill(inner, getattr(signal, SAID["STOPSIGNAL"]))
        self.assertEqual(process.wait(timeout=DEADLINE), 0, "an orderly stop as the first process")

    def test_health_check_is_not_content_before_and_after(self):
        self.keys()
        self.seal()
        self.assertEqual(self.health(), 1)
        self.end(self.start())
        self.assertEqual(self.health(), 1)

    def test_health_check_is_content_with_one_that_lives_and_has_troubles(self):
        self.keys(owner=(0, 0))  # Which it can't read.
        self.seal()
        self.start()
        said = subprocess.run(self.as_container("stile", "status"), text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.assertEqual((said.returncode, self.health()), (1, 0), said.stdout)

    @unittest.skipUnless(FULL, "it makes a Debian once more: scripts/test.sh --full")
    def test_script_makes_the_archive_that_the_containerfile_adds(self):
        with tempfile.TemporaryDirectory(prefix="stile-container-") as folder:
            archive = pathlib.Path(folder) / "root.tar"
            (network,) = NETWORK
            subprocess.run(["nsenter", f"--net=/proc/self/fd/{network}", "bash",
                            str(CONTAINER / "make_root.sh"), str(MADE["stiled"]), str(archive)],
                           check=True, stdin=subprocess.DEVNULL, pass_fds=NETWORK)
            names = output("tar", "tf", archive).splitlines()
            for wanted in (ENTRY[0], HEALTH[0], "/etc/stile/stile.toml", "/run/stile/",
                           "/var/lib/stile/"):
                self.assertIn(f".{wanted}", names)
            self.assertNotIn("./etc/stile/keys.toml", names)


def main():
    MADE.update(debian_packages.packages_in(debian_packages.DEBS))
    try:
        ROOTS.extend(clean_root.make(MADE))
        NETWORK.append(clean_root.enter_own_namespaces())
    except clean_root.Unavailable as reason:
        print(f"skipped, there can be no clean root: {reason}")
        sys.exit(debian_packages.COULD_NOT_RUN)
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
