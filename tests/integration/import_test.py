"""`stile import anubis`: another gate's policy in, one of ours out."""

import pathlib
import tempfile
import unittest

from stile_command import stile

YAML = """\
bots:
  - name: feeds
    path_regex: ^/feed\\.xml$
    action: ALLOW
  - name: scripts
    user_agent_regex: curl|python-requests
    action: CHALLENGE
    challenge: { algorithm: fast, difficulty: 4 }
"""


class ImportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stile-import-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def convert(self, text, *arguments):
        return stile("import", "anubis", str(self.write("a.yaml", text)), *arguments)

    def test_whole_conversion_is_good_and_checks(self):
        status, out, err = self.convert(YAML)
        self.assertEqual(status, 0, err)
        self.assertIn('path = ["/feed.xml"]\naction = "allow"\n', out)
        self.assertIn("a.yaml:8:16: changed: fast with difficulty 4 becomes level \"light\"", err)
        self.assertIn("2 of 2 rules converted; 0 things were not", err)
        status, out, err = stile("check", str(self.write("policy.toml", out)))
        self.assertEqual((status, out), (0, "ok\n"), err)

    def test_what_is_not_converted_is_named_line_by_line(self):
        status, out, err = self.convert(YAML + "  - name: busy\n    action: DENY\n"
                                               "    expression: load_1m > 3.0\n"
                                               "  - import: (data)/bots/some.yaml\n")
        self.assertEqual(status, 1)
        self.assertRegex(err, r'a\.yaml:11:17: not converted: rule "busy" is left out: ')
        self.assertRegex(err, r"a\.yaml:12:13: not converted: \(data\)/bots/some\.yaml")
        self.assertNotIn("busy", out)

    def test_data_folder_is_followed(self):
        (self.folder / "data/bots").mkdir(parents=True)
        self.write("data/bots/some.yaml", "- {name: some, user_agent_regex: Somebot, action: DENY}\n")
        status, out, err = self.convert("bots:\n  - import: (data)/bots/some.yaml\n",
                                        "--data", str(self.folder / "data"))
        self.assertEqual(status, 0, err)
        self.assertIn('user_agent = ["Somebot"]\n', out)

    def test_what_no_longer_comes_first_is_a_loss(self):
        status, out, err = self.convert("bots:\n  - import: (data)/clients/ai.yaml\n" + YAML[6:])
        self.assertEqual(status, 1)
        self.assertIn("[default_policy]\nai_scrapers = \"deny\"\n", out)
        self.assertIn("a.yaml:2:13: not converted: (data)/clients/ai.yaml no longer comes before", err)

    def test_file_without_bots_makes_no_policy(self):
        output = self.folder / "policy.toml"
        for text, why in (("thresholds: []\n", 'has no list "bots"'), ("bots: 1\n", 'has no list "bots"'),
                          ("", ""), ("bots: []\n", '"bots" is empty'), ("[]\n", '"bots" is empty')):
            with self.subTest(text):
                status, out, err = self.convert(text)
                self.assertEqual((status, out), (2, ""))
                self.assertIn(why, err)
                self.assertIn("a.yaml", err)
                self.assertEqual(self.convert(text, "--output", str(output))[0], 2)
                self.assertFalse(output.exists())

    def test_output_is_written_once(self):
        output = self.folder / "policy.toml"
        status, out, _ = self.convert(YAML, "--output", str(output))
        self.assertEqual((status, out), (0, ""))
        self.assertIn("[[rule]]", output.read_text())
        status, _, err = self.convert(YAML, "--output", str(output))
        self.assertEqual(status, 2)
        self.assertIn("policy.toml", err)

    def test_what_cannot_be_read_is_refused_by_its_place(self):
        for text, place in (("bots: [\n", r"a\.yaml:\d+:\d+: "), ("a: &a 1\nb: *a\n", r"a\.yaml:2:4: ")):
            status, out, err = self.convert(text)
            self.assertEqual((status, out), (2, ""))
            self.assertRegex(err, place)
        self.assertEqual(stile("import", "anubis", str(self.folder / "none.yaml"))[0], 2)
        self.assertEqual(stile("import", "caddy")[0], 2)


if __name__ == "__main__":
    unittest.main()
