"""Listeners that Envoy's ext_authz asks: by HTTP as it sends it, and by gRPC with a client that is
none of Stile's. No Envoy runs here: what it makes of the answers is what its own pages say."""

import base64
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

from asked_listener import STILED, AskedListener
from gateway_site import SOLVE, clearance
from grpc_client import (DEADLINE_EXCEEDED, HERE, INVALID_ARGUMENT, MODULES, NODE, NOT_FOUND, OK,
                         UNAVAILABLE, UNIMPLEMENTED, GrpcClient, Verdict, check_request,
                         needs_client)
from proxy_cases import SPOOFED_FIELDS, ending_soon
from proxy_process import shipped_config
from raw_http import Stream, request
from stile_command import stile
from stiled_process import StiledProcess

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "examples" / "deploy"
CLIENT, OTHER = "192.0.2.5", "198.51.100.7"
AGENT = "ext-authz-test/1.0"
BROWSER = [("user-agent", AGENT), ("accept", "text/html"), ("sec-fetch-mode", "navigate")]
FORWARDED = 'client_address = "x-forwarded-for"\ntrusted_peers = ["127.0.0.0/8"]'
STRANGER = 'client_address = "x-forwarded-for"\ntrusted_peers = ["192.0.2.0/24"]'
PEER = 'trusted_peers = ["127.0.0.0/8"]'
CHECK = "/envoy.service.auth.v3.Authorization/Check"
SITES = ('[[site]]\nname = "free"\nhosts = ["free.test"]\nmode = "open"\n'
         '[[site]]\nname = "other"\nhosts = ["other.test"]\npolicy = "policy.toml"\n')


def shipped_timeout():
    """What the shipped file gives stiled for an answer, in milliseconds."""
    text = (DEPLOY / "envoy" / "envoy.yaml").read_text()
    return 1000 * int(re.search(r"^ +timeout: (\d+)s$", text, re.MULTILINE)[1])


def cleared(address, client=CLIENT):
    """The Cookie of who solved a challenge through the proxy."""
    return clearance(address, [("User-Agent", AGENT), ("X-Forwarded-For", client)])


class ExtAuthzHttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stile = AskedListener("ext-authz", (FORWARDED, STRANGER, PEER), SITES)
        cls.address, cls.untrusting, cls.by_peer = cls.stile.stiled.addresses
        cls.cookie = cleared(cls.address)

    @classmethod
    def tearDownClass(cls):
        cls.stile.close()

    def ask(self, path="/private", method="GET", fields=(), host="example.test", client=CLIENT,
            address=None):
        """What Envoy's HTTP service sends about a request."""
        sent = [("content-length", "0"), ("x-forwarded-for", client),
                ("x-forwarded-proto", "http"), *BROWSER, *fields]
        return request(address or self.address, "/ext-authz" + path, method, sent, host=host)

    def test_rule_that_allows_passes_with_exactly_200(self):
        head, body = self.ask("/open/a?b")
        self.assertEqual((head.status, body), (200, b""))
        self.assertEqual(head.get("x-stile-verdict"), "absent")
        self.assertEqual(head.all("cache-control") + head.all("set-cookie"), [])
        self.assertEqual(head.get("x-envoy-auth-headers-to-remove"), "x-stile-rule,x-stile-ctx")

    def test_clearance_passes_for_its_client_alone(self):
        cookie = [("cookie", self.cookie)]
        self.assertEqual(self.ask(fields=cookie)[0].status, 200)
        self.assertEqual(self.ask(fields=cookie, client=OTHER)[0].status, 403)

    def test_renewed_clearance_comes_with_navigations_and_what_keeps_it_from_caches(self):
        cookie = ("cookie", ending_soon(self.cookie))
        head, _ = self.ask(fields=[cookie])
        self.assertEqual((head.status, len(head.all("set-cookie"))), (200, 1))
        self.assertEqual(head.all("cache-control"), ["private, no-store"])
        self.assertEqual(head.all("cdn-cache-control"), ["no-store"])
        fields = [field for field in BROWSER if field[0] != "sec-fetch-mode"]
        head, _ = request(self.address, "/ext-authz/private", fields=[
            ("x-forwarded-for", CLIENT), *fields, cookie])
        self.assertEqual((head.status, head.all("set-cookie")), (200, []))

    def test_method_host_and_path_are_the_requests_own(self):
        for method in ("POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PROPFIND"):
            self.assertEqual(self.ask("/open", method)[0].status, 200, method)
            self.assertEqual(self.ask("/closed", method)[0].status, 403, method)
        self.assertEqual(self.ask(host="free.test")[0].status, 200)
        self.assertEqual(self.ask(host="other.test")[0].status, 403)
        self.assertEqual(self.ask("//open")[0].status, 403)

    def test_unknown_browser_gets_the_page_and_no_word_of_why(self):
        head, body = self.ask("/private?a=b")
        self.assertEqual(head.status, 403)
        self.assertIn(b'name="challenge"', body)
        self.assertEqual(head.get("x-stile-verdict"), "-")

    def test_spoofed_fields_change_nothing(self):
        for name, value in SPOOFED_FIELDS:
            with self.subTest(name):
                self.assertEqual(self.ask(fields=[(name, value)])[0].status, 403)
                self.assertEqual(
                    self.ask(fields=[(name, value), ("cookie", self.cookie)])[0].status, 200)

    def test_leftmost_forwarded_for_is_the_clients_own_word(self):
        cookie = [("cookie", self.cookie)]
        self.assertEqual(self.ask(fields=cookie, client=f"{OTHER}, {CLIENT}")[0].status, 200)
        self.assertEqual(self.ask(fields=cookie, client=f"{CLIENT}, {OTHER}")[0].status, 403)

    def test_no_answer_is_one_that_envoy_takes_for_a_failure(self):
        for start, status in (("get /ext-authz/private HTTP/1.1", 400),
                              ("TRACE /ext-authz/private HTTP/1.1", 405),
                              ("FOO_BAR /ext-authz/private HTTP/1.1", 400),
                              ("GET /ext-authz/private HTTP/3.0", 400),
                              (f"GET /ext-authz/{'a' * 9000} HTTP/1.1", 414)):
            with self.subTest(start[:40]), Stream.to(self.address) as stream:
                stream.send(f"{start}\r\nHost: example.test\r\n\r\n".encode())
                self.assertEqual(stream.response()[0].status, status)
        padding = [(f"x-padding-{i}", "a" * 1000) for i in range(40)]
        self.assertEqual(self.ask(fields=padding)[0].status, 431)
        self.assertEqual(self.ask(fields=[(f"a{i}", "b") for i in range(120)])[0].status, 431)

    def test_paths_beside_the_prefix_are_not_found(self):
        for path in ("/", "/ext-authz", "/ext-authz?a", "/auth", "/check"):
            self.assertEqual(request(self.address, path)[0].status, 404, path)

    def test_stiles_own_addresses_pass_and_are_served_without_the_prefix(self):
        head, _ = self.ask("/.stile/redeem", "POST")
        self.assertEqual((head.status, head.get("x-stile-verdict")), (200, "none"))
        self.assertEqual(request(self.address, "/.stile/challenge",
                                 fields=[("Accept", "application/json")])[0].status, 200)

    def test_question_of_a_stranger_is_refused(self):
        before = self.stile.refused("untrusted-peer")
        self.assertEqual(self.ask("/open", address=self.untrusting)[0].status, 403)
        self.assertEqual(self.stile.refused("untrusted-peer"), before + 1)

    def test_client_address_peer_is_for_grpc_alone(self):
        before = self.stile.refused("client-unnamed")
        self.assertEqual(self.ask("/open", address=self.by_peer)[0].status, 403)
        self.assertEqual(self.stile.refused("client-unnamed"), before + 1)


@needs_client
class ExtAuthzGrpcTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stile = AskedListener("ext-authz", (FORWARDED, STRANGER, PEER), SITES)
        cls.address, cls.untrusting, cls.by_peer = cls.stile.stiled.addresses
        cls.cookie = cleared(cls.address)
        cls.client = GrpcClient(cls.address)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.stile.close()

    def ask(self, path="/private", method="GET", fields=(), client=None, **options):
        question = check_request(path, method, [*BROWSER, *fields], **options)
        return Verdict((client or self.client).check(question))

    def test_rule_that_allows_passes(self):
        verdict = self.ask("/open/a?b")
        self.assertTrue(verdict.passes)
        self.assertEqual(verdict.headers, [("x-stile-verdict", "absent")])
        self.assertEqual((verdict.removed, verdict.added), ([], []))

    def test_unknown_browser_gets_the_page(self):
        verdict = self.ask("/private?a=b")
        self.assertFalse(verdict.passes)
        self.assertEqual(verdict.status, "Forbidden")
        self.assertIn('name="challenge"', verdict.body)
        self.assertTrue(verdict.get("content-type").startswith("text/html"))
        self.assertEqual(verdict.get("cache-control"), "no-store")
        self.assertIsNone(verdict.get("x-stile-verdict"))

    def test_who_solves_its_challenge_passes_and_the_origin_gets_no_clearance(self):
        page = self.ask("/private").body
        challenge = re.search(r'name="challenge" value="([^"]+)"', page)[1]
        solution = subprocess.run([SOLVE, challenge], capture_output=True, text=True, check=True,
                                  timeout=60).stdout.strip()
        head, _ = request(self.address, "/.stile/redeem", "POST", fields=[
            *BROWSER, ("X-Forwarded-For", CLIENT),
            ("Content-Type", "application/x-www-form-urlencoded")],
            body=f"challenge={challenge}&solution={solution}".encode())
        self.assertEqual(head.status, 303)
        cookie = head.get("set-cookie").partition(";")[0]
        verdict = self.ask(fields=[("cookie", f"a=1; {cookie}; b=2")])
        self.assertTrue(verdict.passes)
        self.assertEqual(verdict.get("x-stile-verdict"), "valid")
        self.assertEqual(verdict.get("cookie"), "a=1; b=2")
        verdict = self.ask(fields=[("cookie", cookie)])
        self.assertEqual((verdict.get("cookie"), verdict.removed), (None, ["cookie"]))
        self.assertFalse(self.ask(fields=[("cookie", cookie)], forwarded_for=OTHER).passes)

    def test_renewed_clearance_comes_with_a_navigation(self):
        verdict = self.ask(fields=[("cookie", ending_soon(self.cookie))])
        self.assertTrue(verdict.passes)
        self.assertEqual([name for name, _ in verdict.added], [
            "set-cookie", "cache-control", "cdn-cache-control", "surrogate-control"])
        renewed = verdict.added[0][1].partition(";")[0]
        verdict = self.ask(fields=[("cookie", renewed)])
        self.assertEqual((verdict.passes, verdict.added), (True, []))

    def test_denied_request_is_denied(self):
        verdict = self.ask("/closed", fields=[("cookie", self.cookie)])
        self.assertEqual((verdict.passes, verdict.status), (False, "Forbidden"))
        self.assertNotIn('name="challenge"', verdict.body)

    def test_headers_in_either_form_say_the_same(self):
        for raw in (True, False):
            fields = [("cookie", self.cookie)]
            self.assertTrue(self.ask(fields=fields, raw=raw).passes)
            self.assertFalse(self.ask(fields=fields, raw=raw, forwarded_for=OTHER).passes)

    def test_site_is_the_hosts(self):
        self.assertTrue(self.ask(host="free.test:8443").passes)
        self.assertFalse(self.ask(host="other.test").passes)

    def test_spoofed_fields_change_nothing(self):
        for name, value in SPOOFED_FIELDS:
            with self.subTest(name):
                self.assertFalse(self.ask(fields=[(name, value)]).passes)
                verdict = self.ask(fields=[(name, value), ("cookie", self.cookie)])
                self.assertEqual(verdict.get("x-stile-verdict"), "valid")
                stiles = name.lower().replace("_", "-").startswith("x-stile-")
                if stiles and name != "X-Stile-Verdict":
                    self.assertEqual(verdict.removed, ["cookie", name.lower()])

    def test_client_is_who_the_listener_says(self):
        fields = [("cookie", self.cookie)]
        with GrpcClient(self.by_peer) as client:
            self.assertTrue(self.ask(fields=fields, client=client, source=CLIENT).passes)
            for options in ({"source": OTHER, "forwarded_for": CLIENT},
                            {"source": "", "forwarded_for": CLIENT}):
                self.assertFalse(self.ask(fields=fields, client=client, **options).passes)
        self.assertFalse(self.ask(fields=fields, source=CLIENT, forwarded_for=OTHER).passes)

    def test_what_a_client_can_bring_about_is_an_answer_and_never_an_error(self):
        large = [(f"x-padding-{i}", "a" * 1000) for i in range(40)]
        for options, status in (({"method": "get"}, "BadRequest"),
                                ({"method": "TRACE"}, "MethodNotAllowed"),
                                ({"path": "/a b"}, "BadRequest"),
                                ({"path": "/" + "a" * 9000}, "URITooLong"),
                                ({"path": "http://free.test/"}, "NotFound"),
                                ({"path": ""}, "NotFound"),
                                ({"host": ""}, "BadRequest"), ({"host": "a b"}, "BadRequest"),
                                ({"fields": [("a", "b\r\nc: d")]}, "BadRequest"),
                                ({"fields": large}, "RequestHeaderFieldsTooLarge"),
                                ({"fields": [("a", "b")] * 150}, "RequestHeaderFieldsTooLarge"),
                                ({"fields": [("a", "b" * 300_000)]}, "RequestHeaderFieldsTooLarge")
                                ):
            with self.subTest(str(options)[:60]):
                verdict = self.ask(**{"path": "/open", **options})
                self.assertEqual((verdict.passes, verdict.status), (False, status))

    def test_message_that_is_none_is_an_invalid_argument(self):
        for message in (b"\x0a", b"\x0a\xff\xff", b"\x00", b"\x0a\x02\x0a\x05"):
            self.assertEqual(self.client.raw(CHECK, message)["code"], INVALID_ARGUMENT, message)

    def test_empty_message_is_no_request(self):
        message = base64.b64decode(self.client.raw(CHECK, b"")["response"]["bytes"])
        self.assertTrue(message.startswith(b"\x0a\x02\x08\x07\x12"), message)

    def test_other_methods_are_not_implemented(self):
        for method in ("/envoy.service.auth.v3.Authorization/Look", "/grpc.health.v1.Health/Watch",
                       "/envoy.service.auth.v2.Authorization/Check"):
            self.assertEqual(self.client.raw(method, b"")["code"], UNIMPLEMENTED)

    def test_health_is_told(self):
        for service in ("", "envoy.service.auth.v3.Authorization"):
            outcome = self.client.run("health", service=service)[0]
            self.assertEqual(base64.b64decode(outcome["response"]["bytes"]), b"\x08\x01")
        self.assertEqual(self.client.run("health", service="other")[0]["code"], NOT_FOUND)

    def test_stranger_is_denied_unread(self):
        before = self.stile.refused("untrusted-peer")
        with GrpcClient(self.untrusting) as client:
            verdict = self.ask("/open", client=client)
            self.assertEqual((verdict.passes, verdict.status), (False, "Forbidden"))
        self.assertEqual(self.stile.refused("untrusted-peer"), before + 1)

    def test_many_calls_at_a_time_share_a_connection(self):
        before = self.stile.metric("stile_connections_accepted_total")
        with GrpcClient(self.address) as client:
            question = check_request(fields=[*BROWSER, ("cookie", self.cookie)])
            outcomes = client.run("check", request=question, count=200)
            self.assertEqual([Verdict(outcome).passes for outcome in outcomes], [True] * 200)
        # One, and those of reading the metrics.
        self.assertLessEqual(self.stile.metric("stile_connections_accepted_total"), before + 2)

    def test_decisions_and_calls_are_counted_once(self):
        decisions = self.stile.metric("stile_decisions_total")
        calls = self.stile.metrics().get('stile_grpc_calls_total{status="ok"}', 0)
        self.ask("/open")
        self.ask("/private")
        self.assertEqual(self.stile.metric("stile_decisions_total"), decisions + 2)
        self.assertEqual(self.stile.metrics()['stile_grpc_calls_total{status="ok"}'], calls + 2)

    def test_http_and_grpc_share_a_listener(self):
        self.assertEqual(request(self.address, "/ext-authz/open", fields=[
            ("X-Forwarded-For", CLIENT)])[0].status, 200)
        self.assertTrue(self.ask("/open").passes)


@needs_client
class ExtAuthzFailureTest(unittest.TestCase):
    """What Envoy sees of a stiled that is frozen, dead, slow to read from or about to end: it has
    `timeout` for an answer, and then goes by failure_mode_allow."""

    def setUp(self):
        self.stile = AskedListener("ext-authz", (FORWARDED,))
        self.addCleanup(self.stile.close)

    def test_frozen_stiled_costs_the_deadline_and_answers_again(self):
        with GrpcClient(self.stile.address) as client:
            question = check_request("/open", fields=BROWSER)
            self.assertTrue(Verdict(client.check(question)).passes)
            self.stile.stiled.pause()
            began = time.monotonic()
            outcome = client.check(question, deadline=shipped_timeout())
            self.assertEqual(outcome["code"], DEADLINE_EXCEEDED)
            self.assertLess(time.monotonic() - began, 30)
            self.stile.stiled.resume()
            self.assertTrue(Verdict(client.check(question)).passes)

    def test_dead_stiled_is_unavailable_at_once(self):
        with GrpcClient(self.stile.address) as client:
            question = check_request("/open", fields=BROWSER)
            self.assertTrue(Verdict(client.check(question)).passes)
            self.stile.stiled.stop()
            outcome = client.check(question, deadline=20_000)
            self.assertIn(outcome["code"], (UNAVAILABLE, DEADLINE_EXCEEDED))

    def test_flood_of_questions_lets_nobody_pass(self):
        config = (f'[[listener]]\naddress = "127.0.0.1:0"\nmode = "ext-authz"\n{FORWARDED}\n'
                  '[[site]]\nname = "main"\nhosts = ["*"]\n[limits]\noverload = "100ms"\n')
        with StiledProcess(STILED, config) as stiled, GrpcClient(stiled.addresses[0]) as client:
            outcomes = client.run("check", request=check_request(fields=BROWSER), count=3000,
                                  deadline=60_000)
            self.assertEqual([outcome["code"] for outcome in outcomes], [OK] * 3000)
            self.assertEqual([Verdict(outcome).passes for outcome in outcomes], [False] * 3000)

    def test_drain_answers_what_is_asked_and_says_goodbye(self):
        with GrpcClient(self.stile.address) as client:
            question = check_request("/open", fields=BROWSER)
            self.assertTrue(Verdict(client.check(question)).passes)
            self.stile.stiled.signal(15)
            status = None
            end = time.monotonic() + 30
            while status is None and time.monotonic() < end:
                outcome = client.check(question, deadline=5_000)
                if outcome["code"] == OK:
                    self.assertTrue(Verdict(outcome).passes)
                else:  # It listens no more, and the old connection is not used again.
                    self.assertEqual(outcome["code"], UNAVAILABLE, outcome)
                    break
            self.assertEqual(self.stile.stiled.wait(), 0)

    def test_idle_connection_ends_without_a_call_lost(self):
        config = (f'[[listener]]\naddress = "127.0.0.1:0"\nmode = "ext-authz"\n{FORWARDED}\n'
                  '[[site]]\nname = "main"\nhosts = ["*"]\n[metrics]\naddress = "127.0.0.1:0"\n'
                  '[limits]\nidle_timeout = "1s"\n')
        with StiledProcess(STILED, config) as stiled, GrpcClient(stiled.addresses[0]) as client:
            question = check_request("/robots.txt")
            self.assertEqual(client.check(question)["code"], OK)
            end = time.monotonic() + 60
            while stiled.metric("stile_connections") > 0 and time.monotonic() < end:
                time.sleep(0.05)
            self.assertEqual(stiled.metric("stile_connections"), 0)
            self.assertEqual(client.check(question)["code"], OK)
            self.assertEqual(stiled.metric("stile_timeouts_total"), 0)

    def test_unfinished_message_ends_with_its_time(self):
        config = (f'[[listener]]\naddress = "127.0.0.1:0"\nmode = "ext-authz"\n{FORWARDED}\n'
                  '[[site]]\nname = "main"\nhosts = ["*"]\n[metrics]\naddress = "127.0.0.1:0"\n'
                  '[limits]\nhead_timeout = "1s"\n')
        with StiledProcess(STILED, config) as stiled, GrpcClient(stiled.addresses[0]) as client:
            self.assertEqual(client.run("hold")[0]["code"], UNAVAILABLE)
            self.assertEqual(stiled.metric("stile_timeouts_total"), 1)


class ExtAuthzFaultTest(unittest.TestCase):
    """Without the operator's keys the rules' on_fault decides."""

    @classmethod
    def setUpClass(cls):
        policy = "".join(f'[[rule]]\nname = "{name}"\npath = ["/{name}"]\naction = "challenge"\n'
                         f'level = "light"\non_fault = "{name}"\n' for name in ("open", "closed"))
        config = (f'[[listener]]\naddress = "127.0.0.1:0"\nmode = "ext-authz"\n{FORWARDED}\n'
                  '[[site]]\nname = "main"\nhosts = ["*"]\npolicy = "policy.toml"\n')
        cls.stiled = StiledProcess(STILED, config, {"policy.toml": policy}, keys="nothing = 1\n")
        cls.address = cls.stiled.addresses[0]

    @classmethod
    def tearDownClass(cls):
        cls.stiled.stop()

    def test_fault_is_no_failure_by_http_unless_the_rule_is_open(self):
        fields = [("x-forwarded-for", CLIENT), *BROWSER]
        head, _ = request(self.address, "/ext-authz/closed", fields=fields)
        self.assertEqual((head.status, head.get("retry-after") is not None), (429, True))
        self.assertEqual(request(self.address, "/ext-authz/open", fields=fields)[0].status, 200)

    @needs_client
    def test_fault_is_told_as_it_is_by_grpc(self):
        with GrpcClient(self.address) as client:
            verdict = Verdict(client.check(check_request("/closed", fields=BROWSER)))
            self.assertEqual((verdict.passes, verdict.status), (False, "ServiceUnavailable"))
            self.assertTrue(Verdict(client.check(check_request("/open", fields=BROWSER))).passes)


@needs_client
class EnvoyFilesTest(unittest.TestCase):
    """The shipped files against Envoy's own protos: their fields, types and names. Envoy itself
    doesn't run here."""

    def mistakes_of(self, text):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is missing")
        result = subprocess.run([NODE, str(HERE / "check_config.js")], text=True, timeout=120,
                                input=json.dumps(yaml.safe_load(text)), capture_output=True,
                                env={**os.environ, "STILE_NODE_MODULES": MODULES})
        self.assertIn(result.returncode, (0, 1), result.stderr)
        return result.stdout.splitlines()

    def test_shipped_files_are_made_of_fields_that_envoy_has(self):
        for name in ("envoy", "minimal", "http"):
            text = (DEPLOY / "envoy" / f"{name}.yaml").read_text()
            self.assertEqual(self.mistakes_of(text), [], name)

    def test_shipped_configuration_answers_over_its_socket(self):
        with tempfile.TemporaryDirectory(prefix="stile-envoy-") as folder:
            policy = (DEPLOY / "envoy" / "policy.toml").read_text()
            with StiledProcess(STILED, shipped_config("envoy", folder),
                               {"policy.toml": policy}) as stiled:
                with GrpcClient(stiled.addresses[0]) as client:
                    for path, passes in (("/robots.txt", True), ("/private", False)):
                        verdict = Verdict(client.check(check_request(path, fields=BROWSER)))
                        self.assertEqual(verdict.passes, passes, path)
                head, _ = request(stiled.addresses[0], "/.stile/challenge", fields=[
                    ("Accept", "application/json"), ("X-Forwarded-For", CLIENT)])
                self.assertEqual(head.status, 200)

    def test_snippet_is_the_shipped_file_and_closes_on_demand(self):
        shipped = (DEPLOY / "envoy" / "envoy.yaml").read_text()
        status, text, said = stile("snippet", "envoy")
        self.assertEqual((status, text), (0, shipped), said)
        status, text, said = stile("snippet", "envoy", "--fail", "closed")
        self.assertEqual(status, 0, said)
        self.assertIn("failure_mode_allow: false", text)
        self.assertNotIn("failure_mode_allow: true", text)
        self.assertEqual(self.mistakes_of(text), [])

    def test_field_that_envoy_lacks_is_found(self):
        text = (DEPLOY / "envoy" / "envoy.yaml").read_text()
        for wrong in (text.replace("failure_mode_allow: true", "failure_mode_allows: true"),
                      text.replace("timeout: 1s", "timeout: 1"),
                      text.replace("ext_authz.v3.ExtAuthz\n", "ext_authz.v3.ExtAuth\n")):
            self.assertNotEqual(self.mistakes_of(wrong), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
