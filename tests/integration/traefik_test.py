"""Questions as Traefik's ForwardAuth sends them. Traefik itself doesn't run here."""

import pathlib
import tempfile
import unittest

from asked_listener import STILED, AskedListener
from gateway_site import clearance
from proxy_cases import SPOOFED_FIELDS
from raw_http import request
from stile_command import stile
from stiled_process import StiledProcess

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "examples" / "deploy"
CLIENT, OTHER = "192.0.2.5", "198.51.100.7"
AGENT = "traefik-test/1.0"
FORWARDED = 'client_address = "x-forwarded-for"\ntrusted_peers = ["127.0.0.0/8"]'
OWN = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto",
       "x-forwarded-server", "x-forwarded-uri", "x-forwarded-method", "x-real-ip",
       "x-forwarded-prefix")
HOP_BY_HOP = ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
              "trailers", "transfer-encoding", "upgrade")


def forward_auth(fields=(), method="GET", uri="/private", host="example.test", client=CLIENT,
                 proto="https"):
    """The fields of Traefik's question about a client's request: its entry point drops what the
    client says of forwarding, and the middleware says it itself."""
    kept = [(name, value) for name, value in fields
            if name.lower() not in OWN and name.lower() not in HOP_BY_HOP]
    return [*kept, ("X-Real-Ip", client), ("X-Forwarded-Server", "traefik"),
            ("X-Forwarded-For", client), ("X-Forwarded-Method", method),
            ("X-Forwarded-Proto", proto), ("X-Forwarded-Port", "443" if proto == "https" else "80"),
            ("X-Forwarded-Host", host), ("X-Forwarded-Uri", uri), ("Accept-Encoding", "gzip")]


class TraefikTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stile = AskedListener("forward-auth", (FORWARDED,))
        cls.address = cls.stile.address
        cls.cookie = clearance(cls.address, [("User-Agent", AGENT), ("X-Forwarded-For", CLIENT),
                                             ("X-Forwarded-Proto", "https")])

    @classmethod
    def tearDownClass(cls):
        cls.stile.close()

    def ask(self, fields=(), method="GET", preserve=False, **options):
        """`preserve`: with preserveRequestMethod. Content isn't sent either way."""
        sent = forward_auth([("User-Agent", AGENT), ("Accept", "text/html"), *fields], method,
                            **options)
        return request(self.address, "/auth", method if preserve else "GET", sent,
                       host="127.0.0.1:8089")

    def test_clearance_passes_and_the_verdict_is_for_the_origin(self):
        head, body = self.ask([("Cookie", self.cookie)])
        self.assertEqual((head.status, body), (200, b""))
        self.assertEqual(head.get("x-stile-verdict"), "valid")

    def test_method_is_the_requests_whether_it_is_preserved_or_not(self):
        for preserve in (False, True):
            for method in ("POST", "PUT", "HEAD", "DELETE", "OPTIONS"):
                head, _ = self.ask([("Cookie", self.cookie)], method, preserve)
                self.assertEqual(head.status, 200, (method, preserve))
                self.assertEqual(self.ask((), method, preserve, uri="/closed")[0].status, 403)

    def test_unknown_browser_gets_the_page_with_no_address_that_traefik_would_change(self):
        head, body = self.ask()
        self.assertEqual(head.status, 403)
        self.assertIn(b'name="challenge"', body)
        self.assertEqual(head.all("location"), [])
        self.assertLessEqual(len(body), 32 * 1024)

    def test_cookie_of_a_plain_site_is_another(self):
        self.assertEqual(self.ask([("Cookie", self.cookie)], proto="http")[0].status, 403)

    def test_spoofed_fields_change_nothing(self):
        for name, value in SPOOFED_FIELDS:
            with self.subTest(name):
                self.assertEqual(self.ask([(name, value)])[0].status, 403)
                head, _ = self.ask([(name, value), ("Cookie", self.cookie)])
                self.assertEqual((head.status, head.get("x-stile-verdict")), (200, "valid"))

    def test_field_that_traefik_would_have_replaced_is_refused_twice(self):
        for name, value in (("X-Forwarded-Uri", "/open"), ("X-Forwarded-Method", "GET"),
                            ("X-Forwarded-Host", "example.test")):
            sent = [(name, value), *forward_auth()]
            self.assertEqual(request(self.address, "/auth", fields=sent)[0].status, 403, name)

    def test_client_is_the_last_of_x_forwarded_for(self):
        cookie = [("Cookie", self.cookie)]
        self.assertEqual(self.ask(cookie, client=f"{OTHER}, {CLIENT}")[0].status, 200)
        self.assertEqual(self.ask(cookie, client=f"{CLIENT}, {OTHER}")[0].status, 403)

    def test_shipped_file_is_what_the_tool_prints(self):
        status, text, said = stile("snippet", "traefik")
        self.assertEqual(status, 0, said)
        self.assertEqual(text, (DEPLOY / "traefik" / "stile.yaml").read_text())

    def test_shipped_configuration_answers(self):
        text = (DEPLOY / "traefik" / "stile.toml").read_text()
        with tempfile.TemporaryDirectory(prefix="stile-traefik-") as folder:
            for pattern, value in (("127.0.0.1:8089", "127.0.0.1:0"), ("/run/stile/", f"{folder}/"),
                                   ("127.0.0.1:9464", "127.0.0.1:0"),
                                   ("/var/lib/stile", f"{folder}/state"),
                                   ('[keys]\nfile = "keys.toml"\n', "")):
                self.assertIn(pattern, text)
                text = text.replace(pattern, value)
            policy = (DEPLOY / "traefik" / "policy.toml").read_text()
            with StiledProcess(STILED, text, {"policy.toml": policy}) as stiled:
                for uri, status in (("/robots.txt", 200), ("/private", 403)):
                    head, _ = request(stiled.addresses[0], "/auth", fields=forward_auth(uri=uri))
                    self.assertEqual(head.status, status, uri)

    def test_shipped_files_parse(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is missing")
        for name in ("traefik", "stile"):
            self.assertIsInstance(yaml.safe_load((DEPLOY / "traefik" / f"{name}.yaml").read_text()),
                                  dict)
        middleware = yaml.safe_load((DEPLOY / "traefik" / "stile.yaml").read_text())[
            "http"]["middlewares"]["stile"]["forwardAuth"]
        self.assertFalse(middleware["trustForwardHeader"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
