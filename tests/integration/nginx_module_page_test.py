"""docs/nginx-module.md: its nginx blocks, put where they say, make an nginx that does what the page says."""

import pathlib
import re
import unittest

from gateway_site import clearance
from nginx_module_site import NginxModuleSite
from proxy_cases import AGENT, BROWSER, POLICY
from raw_http import request
from stile_command import stile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PAGE = (SOURCE / "docs" / "nginx-module.md").read_text()


def blocks(place):
    """The blocks that belong there: "nginx.conf", "http" or "server"."""
    return "\n".join(text for where, text in
                     re.findall(r"(?ms)^```nginx\n# (\S+)\n(.*?)^```$", PAGE) if where == place)


def local(text, replaced):
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = local(blocks("server"), {
            "include snippets/stile.conf;\n": "",  # The fixture includes it.
            "/var/log/nginx/": "FOLDER/", "http://127.0.0.1:3000": "ORIGIN",
            "set_real_ip_from 192.0.2.0/24": "set_real_ip_from 127.0.0.1"})
        http = local(blocks("http"), {"log_format stile ": "log_format page "})
        cls.site = NginxModuleSite(policy=POLICY, http=http,
                                   server=local(server, {"stile.log stile": "stile.log page"}))

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_every_block_of_the_page_says_where_it_belongs(self):
        found = re.findall(r"(?m)^```nginx\n(.*)$", PAGE)
        self.assertGreaterEqual(len(found), 6)
        self.assertEqual(set(found), {"# nginx.conf", "# http", "# server"})

    def test_module_is_loaded_as_the_page_says(self):
        installed = (SOURCE / "adapters" / "nginx" / "mod-http-stile.conf").read_text()
        self.assertEqual(blocks("nginx.conf"), installed)

    def test_commands_of_the_page_are_known(self):
        commands, = re.findall(r"(?ms)^```sh\n(.*?)^```$", PAGE)
        for part in re.findall(r"stile snippet nginx-module --part (\w+)", commands):
            status, text, said = stile("snippet", "nginx-module", "--part", part)
            self.assertEqual(status, 0, said)
            self.assertIn("stile", text)
        for path in re.findall(r"examples/\S+", commands):
            self.assertTrue((SOURCE / path).is_file(), path)

    def test_scheme_comes_from_the_balancer_alone(self):
        for scheme, name in (("https", "__Host-stile"), ("http", "stile")):
            fields = [("User-Agent", AGENT), ("X-Forwarded-Proto", scheme)]
            target = "/behind-a-balancer/echo"
            head, _ = request(self.site.address, target, fields=[*BROWSER, fields[1]])
            self.assertEqual(head.status, 403)
            cookie = clearance(self.site.address, fields[:1])
            token = cookie.partition("=")[2]
            head, _ = request(self.site.address, target,
                              fields=[*BROWSER, fields[1], ("Cookie", f"{name}={token}")])
            self.assertEqual(head.status, 200)

    def test_log_and_counts_are_there(self):
        request(self.site.address, "/private/echo", fields=BROWSER)
        _, text = request(self.site.address, "/stile-counts")
        for name in re.findall(r"`(stile_\w+_total)", PAGE):
            self.assertIn(f"# TYPE {name} counter", text.decode())
        log = (self.site.folder / "stile.log").read_text()
        self.assertRegex(log, r'(?m)^127\.0\.0\.1 403 "GET /private/echo HTTP/1\.1" challenge absent '
                              r"everybody \S{8,}$")

    def test_every_directive_and_variable_is_on_the_page_and_no_other(self):
        sources = "".join(path.read_text() for path in
                          (SOURCE / "adapters" / "nginx").glob("*.c"))
        directives = set(re.findall(r'ngx_string\("(stile(?:_\w+)?)"\),\s*NGX_HTTP_', sources))
        variables = set(re.findall(r'ngx_string\("(stile_\w+)"\), NULL', sources))
        self.assertGreaterEqual(len(directives), 8)
        self.assertEqual(variables, set(re.findall(r"(?m)^\| `\$(stile_\w+)`", PAGE)))
        table = "\n".join(re.findall(r"(?m)^\| (`stile.*?) \| ", PAGE))
        self.assertEqual(directives, set(re.findall(r"`(stile(?:_\w+)?)\b", table)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
