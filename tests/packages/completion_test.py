"""What bash offers, against what the programs say that they take."""

import shlex
import subprocess
import tempfile
import unittest

import program_help
from debian_packages import SOURCE

COMPLETION = SOURCE / "packages/completions/stile"


class CompletionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="stile-completion-")
        cls.addClassCleanup(folder.cleanup)
        cls.path = program_help.folder_with_programs(folder.name)

    def offered(self, *words):
        """What bash offers for the last of these words."""
        script = (f"source {shlex.quote(str(COMPLETION))}\n"
                  f"COMP_WORDS=({' '.join(map(shlex.quote, words))})\n"
                  f"COMP_CWORD={len(words) - 1}\n"
                  f"complete -p {words[0]} >/dev/null && _stile\n"
                  'printf "%s\\n" "${COMPREPLY[@]}"\n')
        result = subprocess.run(["bash", "--norc", "-c", script], text=True, check=False,
                                cwd=self.path, env={"PATH": f"{self.path}:/usr/bin:/bin"},
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return set(result.stdout.split())

    def test_every_command_and_option_is_offered(self):
        for program in program_help.PROGRAMS:
            for help in program_help.every_help(program):
                self.assertEqual(self.offered(*help.name, "--"), help.options, help.name)
                if help.commands:
                    self.assertEqual(self.offered(*help.name, ""), set(help.commands), help.name)

    def test_every_value_that_help_lists_is_offered(self):
        found = 0
        for help in program_help.every_help("stile"):
            for name, values in help.values.items():
                before = (name,) if name.startswith("--") else ()
                self.assertEqual(self.offered(*help.name, *before, ""), values, (help.name, name))
                found += 1
        self.assertGreaterEqual(found, 5)

    def test_beginning_of_a_word_narrows_what_is_offered(self):
        self.assertEqual(self.offered("stile", "sta"), {"status"})
        self.assertEqual(self.offered("stile", "mode", "sh"), {"shadow"})
        self.assertEqual(self.offered("stile", "keygen", "--i"), {"--id"})

    def test_files_are_offered_where_nothing_else_is_known(self):
        self.assertEqual(self.offered("stile", "check", "stil"), {"stile", "stiled"})
        self.assertEqual(self.offered("stiled", "--config", "stil"), {"stile", "stiled"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
