"""The unit that is shipped, as systemd itself judges it."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

UNIT = pathlib.Path(__file__).parents[2] / "examples/deploy/systemd/stiled.service"
PROGRAMS = {"/usr/bin/stiled": os.environ.get("STILED", "stiled"),
            "/usr/bin/stile": os.environ.get("STILE", "stile")}
MOST_EXPOSED = 16  # Tenths: systemd calls less than 2.0 "OK".


class UnitTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stile-unit-")
        self.addCleanup(folder.cleanup)
        self.unit = pathlib.Path(folder.name) / "stiled.service"
        # The programs that were built stand for those that will be installed.
        self.unit.write_text(re.sub("/usr/bin/stiled?", lambda path: PROGRAMS[path.group()],
                                    UNIT.read_text()))

    def analyze(self, *arguments):
        result = subprocess.run(["systemd-analyze", "--no-pager", *arguments, str(self.unit)],
                                capture_output=True, text=True, timeout=60, check=False)
        return result.returncode, result.stdout + result.stderr

    def test_systemd_finds_no_mistake(self):
        status, said = self.analyze("verify")
        self.assertEqual((status, said), (0, ""))

    def test_systemd_finds_no_mistake_in_the_socket_unit(self):
        socket_unit = self.unit.with_suffix(".socket")
        socket_unit.write_text(UNIT.with_suffix(".socket").read_text())
        result = subprocess.run(["systemd-analyze", "--no-pager", "verify", str(self.unit),
                                 str(socket_unit)], capture_output=True, text=True, timeout=60,
                                check=False)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))
        socket_unit.write_text(socket_unit.read_text().replace("Backlog=", "Baklog="))
        self.assertIn("Baklog", subprocess.run(
            ["systemd-analyze", "--no-pager", "verify", str(self.unit), str(socket_unit)],
            capture_output=True, text=True, timeout=60, check=False).stderr)

    def test_mistake_would_be_found(self):
        self.unit.write_text(self.unit.read_text().replace("Type=notify", "Type=notifie"))
        self.assertIn("notifie", self.analyze("verify")[1])

    def test_exposure_stays_below_what_is_allowed(self):
        status, said = self.analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}")
        self.assertEqual(status, 0, said)
        self.assertIn("Overall exposure level", said)

    def test_unit_that_lets_go_of_a_protection_would_be_noticed(self):
        text = self.unit.read_text()
        self.unit.write_text(re.sub(r"(?m)^SystemCallFilter=.*\n", "", text))
        self.assertNotEqual(
            self.analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}")[0], 0)

    def test_unit_lets_a_socket_be_given_to_a_group(self):
        # The last word on chown is that it may be called; `@privileged` took it away.
        filters = re.findall(r"(?m)^SystemCallFilter=(.*)$", UNIT.read_text())
        privileged = subprocess.run(["systemd-analyze", "syscall-filter", "@privileged"],
                                    capture_output=True, text=True, check=True).stdout
        self.assertIn("@chown", privileged)
        self.assertGreater(filters.index("@chown"),
                           max(i for i, names in enumerate(filters) if names.startswith("~")))

    def test_unit_says_what_stiled_relies_on(self):
        lines = UNIT.read_text().splitlines()
        for line in ("Type=notify", "ExecReload=/bin/sh -c 'kill -HUP $MAINPID'", "Restart=on-failure",
                     "LoadCredential=stile-keys:/etc/stile/keys.toml", "RuntimeDirectory=stile",
                     "StateDirectory=stile", "ConfigurationDirectory=stile", "WatchdogSec=20"):
            self.assertIn(line, lines)


if __name__ == "__main__":
    unittest.main()
