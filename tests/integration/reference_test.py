"""The reference on every refusal, and what `stile inspect` makes of it."""

import json
import pathlib
import re
import sys
import time
import unittest

from gateway_site import Site
from raw_http import request
from stile_command import stile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "wire_format"))
import stile_checker as wire  # noqa: E402

SECRET = b"k" * 32  # What stiled_process writes into its key file.
POLICY = ('[[rule]]\nname = "open"\npath = ["/open/*"]\naction = "allow"\n'
          '[[rule]]\nname = "no-admins-from-outside"\npath = ["/admin/*"]\naction = "deny"\n')
REFERENCE = r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){6}"
PERSON = [("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")]


class ReferenceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site(policy=POLICY, limits="[node]\nid = 513")
        cls.address, cls.config = cls.site.address, str(cls.site.stiled.config)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def reference(self, target, method="GET", **options):
        _, body = request(self.address, target, method, **options)
        self.assertLessEqual(len(body), 512)
        return json.loads(body)["reference"]

    def inspect(self, reference, status=0):
        found, out, err = stile("inspect", "--config", self.config, reference)
        self.assertEqual(found, status, out + err)
        return out

    def test_denial_is_told_with_the_name_of_its_rule(self):
        before = int(time.time())
        reference = self.reference("/admin/x")
        self.assertRegex(reference, "^" + REFERENCE + "$")
        read, _ = wire.parse_reference(reference)
        # stiled's clock is up to a tick behind, and so may be a second back.
        self.assertIn(read.issued_at, range(before - 1, int(time.time()) + 1))
        out = self.inspect(reference)
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(read.issued_at))
        for line in (r"^reference$", r"time +" + when + r" \(", r"node +513$", r"site +main \(",
                     r"answer +deny$", r"because of +absent$",
                     r"rule +no-admins-from-outside \(number 2 ", r"verdict +valid$"):
            self.assertRegex(out, "(?m)" + line)

    def test_challenge_and_refused_solution_are_told(self):
        out = self.inspect(self.reference("/private"))
        self.assertRegex(out, r"(?m)answer +challenge$")
        self.assertRegex(out, r"(?m)rule +none: the policy's default")
        out = self.inspect(self.reference("/.stile/redeem", "POST", body=b"{}",
                                          fields=[("Content-Type", "application/json")]))
        self.assertRegex(out, r"(?m)answer +serve$")
        self.assertRegex(out, r"(?m)because of +malformed$")

    def test_reference_may_be_written_down_carelessly(self):
        reference = self.reference("/admin/x")
        for spelling in (reference.lower(), reference.replace("-", ""),
                         reference.replace("-", " ").replace("0", "o").replace("1", "L")):
            self.assertIn(reference, self.inspect(spelling))

    def test_reference_may_come_in_several_words(self):
        reference = self.reference("/admin/x")
        status, out, _ = stile("inspect", "--config", self.config,
                               *reference.lower().split("-"))
        self.assertEqual(status, 0)
        self.assertIn(reference, out)

    def test_misspelt_reference_is_not_believed(self):
        reference = self.reference("/admin/x")
        changed = reference[:-1] + ("0" if reference[-1] != "0" else "1")
        self.assertRegex(self.inspect(changed, 1), r"verdict +forged")

    def test_old_reference_is_checked_with_the_keys_of_its_day(self):
        then = int(time.time()) - 60 * 86_400
        made = wire.Reference(then, 1, wire.site_id(b"main") >> 16, 3, 2, 1)
        key = wire.derive_key(SECRET, b"reference", b"main", then // 86_400)
        text = wire.spell_reference(made, wire.reference_tag(key, made))
        status = 0 if then >= 1_767_225_600 else 1  # Since when the key signs.
        self.assertRegex(self.inspect(text, status), r"rule +no-admins-from-outside")

    def test_reference_without_configuration_is_a_claim(self):
        reference = self.reference("/admin/x")
        status, out, _ = stile("inspect", "--config", "/nowhere/stile.toml", reference)
        self.assertEqual(status, 1)
        self.assertRegex(out, r"(?m)rule +number 2$")
        self.assertIn("not checked", out)

    def test_unsigned_reference_is_told_as_such(self):
        made = wire.Reference(int(time.time()), 1, wire.site_id(b"main") >> 16, 7, 2, 65535)
        out = self.inspect(wire.spell_reference(made, 0), 1)
        self.assertRegex(out, r"(?m)answer +unavailable")
        self.assertRegex(out, r"(?m)verdict +unsigned")

    def test_pass_carries_no_reference(self):
        head, body = request(self.address, "/open/x")
        self.assertEqual(head.status, 200)
        self.assertIsNone(re.search(REFERENCE, body.decode() + str(head.fields)))

    def test_page_shows_it(self):
        _, body = request(self.address, "/admin/x", fields=PERSON)
        shown = re.search(REFERENCE, body.decode())
        self.assertIsNotNone(shown)
        self.assertRegex(self.inspect(shown.group()), r"(?m)verdict +valid$")


if __name__ == "__main__":
    unittest.main()
