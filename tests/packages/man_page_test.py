"""The man pages say what the programs say of themselves, and are good roff."""

import os
import re
import subprocess
import tempfile
import unittest

import debian_packages
import program_help
from debian_packages import SOURCE

MAN = SOURCE / "packages/man"
EVERYWHERE = {"--help", "--config"}
REACHING = {"--socket", "--control", "--token-file"}


def plain(text):
    """A page without its font changes."""
    return re.sub(r"\\f[A-Z]|\\(?=-)", "", text)


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][\w-]*", plain(text)))


class ManPageTest(unittest.TestCase):
    def test_page_of_stiled_has_its_options_and_no_others(self):
        text = (MAN / "stiled.8").read_text()
        self.assertEqual(options_in(text), program_help.Help("stiled").options)
        section = text.partition(".SH OPTIONS\n")[2].partition("\n.SH ")[0]
        self.assertEqual(options_in(section), program_help.Help("stiled").options,
                         "each option has a paragraph under OPTIONS")

    def test_page_of_stile_has_a_section_for_each_command_with_its_options_and_no_others(self):
        text = (MAN / "stile.1").read_text()
        commands = text.partition(".SH COMMANDS\n")[2].partition("\n.SH ")[0]
        sections = {}
        for section in re.split(r"(?m)^\.SS ", commands)[1:]:
            head, _, body = section.partition("\n")
            sections[plain(head).split()[0]] = (plain(head).split(), options_in(body))
        helps = {help.name[1:]: help for help in program_help.every_help("stile")}
        tops = helps[()].commands
        self.assertEqual(sorted(sections), sorted(tops))
        for name in tops:
            head, options = sections[name]
            wanted = set(helps[(name,)].options)
            for inner in helps[(name,)].commands:
                self.assertIn(inner, head)
                wanted |= helps[(name, inner)].options
            self.assertEqual(options, wanted - EVERYWHERE - REACHING, name)

    def test_page_of_stile_says_which_commands_reach_stiled_and_how(self):
        text = (MAN / "stile.1").read_text()
        section = text.partition(".SH REACHING STILED\n")[2].partition("\n.SH ")[0]
        reaching = {help.name[1] for help in program_help.every_help("stile")
                    if REACHING <= help.options}
        named = set(re.findall(r"\w+", section.splitlines()[0].removeprefix(".BR "))) - {"and"}
        self.assertEqual(named, reaching)
        self.assertEqual(options_in(section), REACHING)

    def test_page_of_the_configuration_has_every_section_that_there_is(self):
        page = (SOURCE / "docs/operations.md").read_text()
        rest = page.partition("\n### The rest\n")[2].partition("\n### ")[0]
        sections = set(re.findall(r"^\| `(\w+)\.", rest, re.MULTILINE))
        self.assertGreater(len(sections), 8)
        text = (MAN / "stile.toml.5").read_text()
        self.assertEqual(set(re.findall(r"(?m)^\.B \[(\w+)\]$", text)), sections)
        for table in ("[[listener]]", "[[site]]"):
            self.assertIn(f".B {table}\n", text)

    def test_example_of_the_configuration_is_good(self):
        text = (MAN / "stile.toml.5").read_text()
        example = text.partition(".nf\n")[2].partition(".fi\n")[0]
        self.assertIn("[[site]]", example)
        with tempfile.TemporaryDirectory(prefix="stile-man-") as folder:
            for name, content in (("stile.toml", example),
                                  ("policy.toml", (SOURCE / "packages/stiled/policy.toml").read_text()),
                                  ("keys.toml", debian_packages.output(
                                      program_help.PROGRAMS["stile"], "keygen", "--config",
                                      f"{folder}/stile.toml"))):
                with open(f"{folder}/{name}", "w", encoding="utf-8",
                          opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                    file.write(content)
            self.assertEqual(debian_packages.output(
                program_help.PROGRAMS["stile"], "check", "--config", f"{folder}/stile.toml"), "ok\n")

    def test_pages_are_good_roff(self):
        for page in sorted(MAN.iterdir()):
            result = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", str(page)], text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            self.assertEqual((result.returncode, result.stdout), (0, ""), page.name)
            name, _, section = page.name.rpartition(".")
            self.assertTrue(page.read_text().startswith(f".TH {name.upper()} {section} "), page.name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
