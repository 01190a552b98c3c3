"""docs/proxies.md: its blocks are the shipped files, its commands run, and its short configurations
keep people out and let them in."""

import pathlib
import re
import shlex
import subprocess
import unittest

from gateway_site import SOLVE
from haproxy_process import HaproxySite
from proxy_cases import BROWSER, POLICY, SPOOFED_CLIENT, SPOOFED_FIELDS
from proxy_process import DEPLOY, CaddySite, NginxSite
from raw_http import request
from stile_command import stile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "proxies.md"


def substituted(text, *pairs):
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


class MinimalNginx(NginxSite):
    def write_files(self, port):
        command = super().write_files(port)
        text = (DEPLOY / "nginx" / "minimal.conf").read_text()
        temporary = "".join(f"{name}_temp_path {self.folder}/{name};\n"
                            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(
            f"user root;\ndaemon off;\nworker_processes 1;\npid {self.folder}/nginx.pid;\n"
            f"error_log {self.folder}/error.log;\n"
            + substituted(text, ("http {", "http {\naccess_log off;\n" + temporary),
                          ("listen 80;", f"listen 127.0.0.1:{port};"),
                          ("unix:/run/stile/", f"unix:{self.folder}/"),
                          ("http://127.0.0.1:3000", self.origin.url)))
        return command


class MinimalCaddy(CaddySite):
    def write_files(self, port):
        command = super().write_files(port)
        text = (DEPLOY / "caddy" / "minimal.Caddyfile").read_text()
        (self.folder / "Caddyfile").write_text(
            "{\n\tadmin off\n\tauto_https off\n}\n"
            + substituted(text, ("example.org {", f"http://:{port} {{\n\tbind 127.0.0.1"),
                          ("unix//run/stile/", f"unix/{self.folder}/"),
                          ("127.0.0.1:3000", f"127.0.0.1:{self.origin.port}")))
        return command


class MinimalCases:
    """What the short files must do; the long ones are held to more elsewhere."""

    dead = None  # The status that visitors get without stiled.

    @classmethod
    def setUpClass(cls):
        cls.site = cls.start()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def get(self, target="/private/echo", fields=BROWSER, method="GET", **options):
        return request(self.site.address, target, method, fields=fields, **options)

    def test_visitor_is_asked_pays_and_passes(self):
        before = len(self.site.origin.heads)
        head, page = self.get("/private/echo?q=1")
        self.assertEqual(head.status, 403)
        self.assertEqual(len(self.site.origin.heads), before)
        challenge = re.search(rb'name="challenge" value="([^"]+)"', page)[1].decode()
        solution = subprocess.run([SOLVE, challenge], capture_output=True, text=True, check=True,
                                  timeout=60).stdout.strip()
        fields = [*BROWSER, ("Content-Type", "application/x-www-form-urlencoded")]
        head, _ = self.get("/.stile/redeem", fields, "POST",
                           body=f"challenge={challenge}&solution={solution}".encode())
        self.assertEqual((head.status, head.get("location")), (303, "/private/echo?q=1"))
        cookie = ("Cookie", head.get("set-cookie").partition(";")[0])
        self.assertEqual(self.get(fields=[*BROWSER, cookie])[0].status, 200)
        for field in [*SPOOFED_FIELDS, ("X-Forwarded-For", SPOOFED_CLIENT),
                      ("X-Stile-Verdict", "valid"), ("X-Stile-Ctx", "AAAA")]:
            with self.subTest(field):
                before = len(self.site.origin.heads)
                self.assertGreaterEqual(self.get(fields=[*BROWSER, field])[0].status, 400)
                self.assertEqual(len(self.site.origin.heads), before)

    def test_rules_hold(self):
        self.assertEqual(self.get("/open/echo")[0].status, 200)
        self.assertEqual(self.get("/closed/echo")[0].status, 403)

    def test_nobody_passes_without_stiled(self):
        with type(self).start() as site:
            site.stiled.stop()
            head, _ = request(site.address, "/private/echo", fields=BROWSER)
            self.assertEqual(head.status, self.dead)
            self.assertEqual(site.origin.heads, [])


class MinimalNginxTest(MinimalCases, unittest.TestCase):
    dead = 500

    @staticmethod
    def start():
        return MinimalNginx(policy=POLICY)


class MinimalCaddyTest(MinimalCases, unittest.TestCase):
    dead = 502

    @staticmethod
    def start():
        return MinimalCaddy(policy=POLICY)


class MinimalHaproxyTest(MinimalCases, unittest.TestCase):
    dead = 503

    @staticmethod
    def start():
        return HaproxySite(policy=POLICY, minimal=True)


class PageTest(unittest.TestCase):
    def setUp(self):
        self.page = PAGE.read_text(encoding="utf-8")

    def test_each_block_of_a_configuration_is_a_shipped_file(self):
        blocks = re.findall(r"^```(\w+)\n(.*?)^```$", self.page, re.DOTALL | re.MULTILINE)
        named = re.findall(r"^`(examples/deploy/[^`]+)`:\n\n```\w+\n(.*?)^```$", self.page,
                           re.DOTALL | re.MULTILINE)
        self.assertGreater(len(named), 8)
        self.assertEqual(len([kind for kind, _ in blocks if kind != "sh"]), len(named))
        for name, text in named:
            with self.subTest(name):
                self.assertEqual(text, (ROOT / name).read_text(encoding="utf-8"))

    def test_each_command_prints_a_shipped_file(self):
        shipped = {path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*")
                   if path.is_file() and path.suffix != ".pyc"}
        commands = [line for block in re.findall(r"^```sh\n(.*?)^```$", self.page,
                                                 re.DOTALL | re.MULTILINE)
                    for line in block.splitlines()]
        self.assertGreater(len(commands), 7)
        for command in commands:
            with self.subTest(command):
                program, *arguments = shlex.split(command)
                self.assertEqual(program, "stile")
                status, text, said = stile(*arguments)
                self.assertEqual((status, said), (0, ""))
                if "--fail" not in arguments:
                    self.assertIn(text, shipped)
                else:
                    self.assertGreater(len(text), 500)

    def test_each_link_leads_somewhere(self):
        for name in re.findall(r"\]\(([^)#]+)[^)]*\)", self.page):
            self.assertTrue((PAGE.parent / name).exists(), name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
