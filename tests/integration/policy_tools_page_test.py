"""docs/policy-tools.md: every example is run, and prints what the page says.

A block `<language> file=NAME` is a file, `printed=NAME` what a command has written; a block `console` holds commands after `$ `, each with what it prints on
either output, and `# exit N` where its status is not 0. Examples share one folder, in the order of the page.
"""

import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

from stile_command import STILE, stile

PAGE = pathlib.Path(__file__).parents[2] / "docs/policy-tools.md"
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STATUS = re.compile(r"\s+# exit (\d+)$")
DEADLINE = 60


def commands(text):
    """Yields (command, exit status, what it prints) of a block of console."""
    parts = re.split(r"^\$ (.*)$", text, flags=re.MULTILINE)[1:]
    for command, output in zip(parts[::2], parts[1::2]):
        status = STATUS.search(command)
        yield STATUS.sub("", command), int(status.group(1)) if status else 0, output.lstrip("\n")


class PolicyToolsPageTest(unittest.TestCase):
    def setUp(self):
        self.maxDiff = None
        folder = tempfile.TemporaryDirectory(prefix="stile-page-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        status, key, _ = stile("keygen", "--config", str(self.folder / "none.toml"))
        self.assertEqual(status, 0)
        (self.folder / "keys.toml").write_text(key)
        (self.folder / "keys.toml").chmod(0o600)

    def run_command(self, command):
        """What the page's user would see, whose configuration is at the default path."""
        words = shlex.split(command)
        self.assertEqual(words[0], "stile")
        takes_config = words[1] in ("explain", "simulate") or words[1:] == ["check"]
        config = ["--config", "stile.toml"] if takes_config else []
        return subprocess.run([STILE, words[1], *config, *words[2:]], cwd=self.folder, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              stdin=subprocess.DEVNULL, timeout=DEADLINE)

    def test_every_example_prints_what_the_page_says(self):
        run = 0
        for language, rest, text in BLOCK.findall(PAGE.read_text()):
            name = re.search(r"file=(\S+)", rest)
            printed = re.search(r"printed=(\S+)", rest)
            if printed:
                self.assertEqual((self.folder / printed.group(1)).read_text(), text)
            elif name:
                (self.folder / name.group(1)).write_text(text)
            elif language == "console":
                for command, status, output in commands(text):
                    with self.subTest(command=command):
                        result = self.run_command(command)
                        self.assertEqual(result.stdout.rstrip(), output.rstrip())
                        self.assertEqual(result.returncode, status)
                        run += 1
            else:
                self.fail(f"nothing runs a block of {language}")
        self.assertGreater(run, 5)


if __name__ == "__main__":
    unittest.main()
