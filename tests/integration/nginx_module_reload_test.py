"""Stile inside nginx over reloads, mistakes, faults and deaths of workers."""

import json
import os
import pathlib
import signal
import statistics
import tempfile
import threading
import time
import unittest

from gateway_site import UNLIMITED, clearance
from nginx_module_site import NginxModuleSite
from proxy_cases import AGENT, BROWSER, POLICY
from raw_http import DEADLINE, Stream, connect, request

BUILD = pathlib.Path(os.environ.get("STILE_BUILD", "build/release"))
FAILING = BUILD / "lib" / "tests" / "failing_stile.so"
NOBODY = '[[rule]]\nname = "nobody"\npath = ["/*"]\naction = "deny"\n'
ALLOW = 1  # STILE_ACTION_ALLOW
CACHE = "proxy_cache_path FOLDER/cache keys_zone=pages:1m;"
OUTCOMES = """
    location /cached/ { proxy_cache pages; proxy_cache_valid any 1h; proxy_pass ORIGIN; }
    location /hidden/ {
        proxy_intercept_errors on;
        error_page 500 =200 /page-of-the-site.html;
        proxy_pass ORIGIN;
    }
    location = /page-of-the-site.html { root FOLDER; }
"""
TEN = '[level.light]\nbudget = { requests = 10, per = "10m", burst = 10 }\n'


def cleared(site):
    sent = [("User-Agent", AGENT)]
    return [*BROWSER, ("Cookie", clearance(site.address, sent))]


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


class Visitors:
    """Threads that visit until they are told to stop, and what they got."""

    def __init__(self, site, fields, threads=4):
        self._site, self._fields, self._ends = site, fields, False
        self.statuses, self.failures = [], []
        self._threads = [threading.Thread(target=self._visit) for _ in range(threads)]

    def _visit(self):
        while not self._ends:
            try:
                for fields in (self._fields, BROWSER):
                    self.statuses.append(request(self._site.address, "/private/echo",
                                                 fields=fields)[0].status)
            except (OSError, EOFError) as failure:
                self.failures.append(failure)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ends = True
        for thread in self._threads:
            thread.join()


class ReloadTest(unittest.TestCase):
    def test_reload_under_load_loses_no_request_and_decides_as_before(self):
        with NginxModuleSite(policy=POLICY + UNLIMITED, workers=2) as site:
            with Visitors(site, cleared(site)) as visitors:
                for _ in range(10):
                    site.reload()
            self.assertEqual(visitors.failures, [])
            self.assertEqual(set(visitors.statuses), {200, 403})
            self.assertLessEqual(abs(visitors.statuses.count(200) - visitors.statuses.count(403)), 4)

    def test_what_the_master_keeps_does_not_grow_with_reloads(self):
        with NginxModuleSite(policy=POLICY) as site:
            sizes = []
            for _ in range(120):
                site.reload()
                sizes.append(resident_kib(site.process.pid))
            # malloc's own room grows at first, and goes up and down then.
            before, after = (statistics.median(sizes[i:i + 20]) for i in (40, 100))
            print(f"master: {before} KiB, {after} KiB 60 reloads later")
            self.assertLess(after - before, 1024)
            self.assertEqual(request(site.address, "/private/echo", fields=cleared(site))[0].status,
                             200)

    def test_reload_with_a_mistake_keeps_what_served_and_says_where_it_is(self):
        with NginxModuleSite(policy=POLICY) as site:
            serves = site.workers_now()
            said = len(site.log())
            site.write_policy(POLICY + '[[rule]]\nname = "x"\naction = "alow"\n')
            site.reload(waits=False)
            site.wait_log(r"policy\.toml:\d+:\d+: ", said)
            self.assertEqual(site.workers_now(), serves)
            self.assertEqual(request(site.address, "/private/echo", fields=BROWSER)[0].status, 403)
            self.assertEqual(request(site.address, "/open/echo", fields=BROWSER)[0].status, 200)
            site.write_policy(POLICY.replace("/open", "/opened"))
            site.reload()
            self.assertEqual(request(site.address, "/open/echo", fields=BROWSER)[0].status, 403)

    def test_reload_that_turns_everybody_away_is_refused_and_says_why(self):
        with NginxModuleSite(policy=POLICY) as site:
            self.assertEqual(request(site.address, "/open/echo", fields=BROWSER)[0].status, 200)
            serves = site.workers_now()
            said = len(site.log())
            site.write_policy(NOBODY)
            site.reload(waits=False)
            site.wait_log(r"\[emerg\].*stile: .*not taken into service", said)
            self.assertEqual(site.workers_now(), serves)
            self.assertEqual(request(site.address, "/open/echo", fields=BROWSER)[0].status, 200)

    def test_reload_that_turns_everybody_away_is_taken_where_the_configuration_insists(self):
        with NginxModuleSite(policy=POLICY) as site:
            site.write_policy(NOBODY)
            site.config.write_text(site.config.read_text() +
                                   "[admission]\nblast_radius_override = true\n")
            site.reload()
            self.assertEqual(request(site.address, "/open/echo", fields=BROWSER)[0].status, 403)

    def test_budget_outlives_a_reload_and_the_death_of_a_worker(self):
        with NginxModuleSite(policy=TEN + POLICY) as site:
            fields = cleared(site)
            passed = 0
            for step in (lambda: None, site.reload, lambda: self.kill(site)):
                step()
                for _ in range(4):
                    passed += request(site.address, "/private/echo", fields=fields)[0].status == 200
            self.assertEqual(passed, 10)
            self.assertEqual(request(site.address, "/private/echo", fields=fields)[0].status, 429)

    def kill(self, site):
        dead, = site.workers_now()
        os.kill(dead, signal.SIGKILL)
        site.wait_log(rf"worker process {dead} exited on signal 9")
        site.wait_workers([dead])

    def test_two_workers_share_one_budget_and_one_count(self):
        with NginxModuleSite(policy=TEN + POLICY, workers=2) as site:
            fields = cleared(site)
            passed, processes = 0, set()
            for asked in range(1, 400):
                passed += request(site.address, "/private/echo", fields=fields)[0].status == 200
                processes = {line.split()[-1] for line in site.accesses(asked)}
                if asked > 20 and len(processes) == 2:
                    break
            self.assertEqual(len(processes), 2)
            self.assertEqual(passed, 10)
            counted = 'stile_decisions_total{action="allow"}'
            end = time.monotonic() + 30
            while site.samples()[counted] != 10:  # The other worker tells once a second.
                self.assertLess(time.monotonic(), end)
                time.sleep(0.1)

    def test_worker_on_its_way_out_ends(self):
        with NginxModuleSite(policy=POLICY) as site:
            old, = site.workers_now()
            site.reload()
            end = time.monotonic() + 30
            while pathlib.Path(f"/proc/{old}").exists():
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)
            self.assertNotIn("open socket", site.log())


class MistakeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = NginxModuleSite(policy=POLICY)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def setUp(self):
        self.files = {path: path.read_text() for path in
                      (self.site.config, self.site.stile / "policy.toml",
                       self.site.stile / "keys.toml", self.site.folder / "nginx.conf")}
        self.addCleanup(lambda: [path.write_text(text) for path, text in self.files.items()])

    def change(self, name, text):
        path = next(path for path in self.files if path.name == name)
        path.write_text(text(self.files[path]))

    def assert_says(self, *patterns):
        status, said = self.site.test()
        self.assertNotEqual(status, 0, said)
        for pattern in patterns:
            self.assertRegex(said, pattern)
        return said

    def test_configuration_without_mistakes_passes_quietly(self):
        status, said = self.site.test()
        self.assertEqual(status, 0, said)
        self.assertNotIn("stile", said.replace(str(self.site.folder), ""))

    def test_each_mistake_is_named_with_its_place(self):
        self.change("policy.toml", lambda text: text + '[[rule]]\nname = "x"\naction = "alow"\n'
                    '[[rule]]\nname = "y"\ncolour = "red"\naction = "allow"\n')
        said = self.assert_says(r"\[emerg\].*policy\.toml:\d+:\d+: .*alow",
                                r"\[emerg\].*policy\.toml:\d+:\d+: .*colour")
        self.assertEqual(said.count("colour"), 1)

    def test_mistake_in_the_stile_toml_is_named_with_its_place(self):
        self.change("stile.toml", lambda text: text.replace("[keys]", "[kays]"))
        self.assert_says(r"\[emerg\].*stile\.toml:\d+:\d+: .*kays")

    def test_file_that_is_not_there_is_named(self):
        self.change("stile.toml", lambda text: text.replace("policy.toml", "no-policy.toml"))
        self.assert_says(r"no-policy\.toml\" failed \(2: No such file", r"stile\.toml")
        self.change("nginx.conf", lambda text: text.replace("{", "{ include none.conf;", 0))

    def test_key_that_is_none_is_named_and_not_told(self):
        self.change("keys.toml", lambda text: text.replace('secret = "', 'secret = "!'))
        said = self.assert_says(r"\[emerg\].*keys\.toml:\d+:\d+")
        secret = self.files[self.site.stile / "keys.toml"].partition('secret = "')[2][:20]
        self.assertNotIn(secret, said)

    def test_site_that_is_not_configured_is_named(self):
        self.change("nginx.conf", lambda text: text.replace("location / {",
                                                            "location / { stile_site mian;"))
        self.assert_says(r'no site "mian"')

    def test_check_without_a_configuration_is_named(self):
        (self.site.folder / "none.conf").write_text("")
        self.change("nginx.conf", lambda text: text.replace("http.conf", "none.conf"))
        self.assert_says(r"\[emerg\].*add a stile_config.*nginx\.conf:\d+|server\.conf:\d+")

    def test_zone_that_is_too_small_is_named_with_its_size(self):
        http = (self.site.folder / "http.conf").read_text()
        (self.site.folder / "small.conf").write_text(http.replace("stile.toml;", "stile.toml zone=64k;"))
        self.change("nginx.conf", lambda text: text.replace("http.conf", "small.conf"))
        self.assert_says(r"zone=\d+k")


class FaultTest(unittest.TestCase):
    """There is no verifier to die: what may fail is a call of the library, by a fault of its own."""

    def site(self, failing, **options):
        return NginxModuleSite(policy=POLICY, environment={
            "LD_PRELOAD": str(FAILING), "STILE_TEST_FAILURES": failing}, **options)

    def test_nobody_passes_where_a_call_fails(self):
        for failing in ("decide", "worker"):
            with self.subTest(failing), self.site(failing) as site:
                head, body = request(site.address, "/private/echo", fields=BROWSER)
                self.assertEqual((head.status, head.get("retry-after"), head.get("cache-control")),
                                 (503, "60", "no-store"))
                self.assertIn(b"does not answer", body)
                head, _ = request(site.address, "/open/echo", "POST", BROWSER, b"a" * 5000)
                self.assertEqual(head.status, 503)
                self.assertEqual(site.origin.heads, [])
                site.wait_log(r"\[error\].*stile: there is no (decision|worker)")

    def test_visitors_pass_where_a_call_fails_and_that_is_wanted(self):
        for part in ("server", "hardened"):
            with self.subTest(part), self.site("decide", fail="open", part=part) as site:
                head, body = request(site.address, "/private/echo", fields=[
                    *BROWSER, ("X-Stile-Verdict", "valid")])
                self.assertEqual(head.status, 200)
                self.assertNotIn("x-stile-verdict", dict(json.loads(body)["fields"]))

    def test_failures_are_logged_once_a_second(self):
        with self.site("decide") as site:
            began = time.monotonic()
            for _ in range(200):
                request(site.address, "/private/echo", fields=BROWSER)
            seconds = time.monotonic() - began
            self.assertLessEqual(site.log().count("there is no decision"), seconds + 2)

    def test_nobody_passes_where_there_is_no_answer(self):
        with self.site("respond", fail="open") as site:
            self.assertEqual(request(site.address, "/private/echo", fields=BROWSER)[0].status, 503)
            self.assertEqual(site.origin.heads, [])

    def test_clearance_that_cannot_be_kept_from_the_origin_goes_nowhere(self):
        with self.site("strip") as site:
            fields = cleared(site)
            self.assertEqual(request(site.address, "/private/echo", fields=fields)[0].status, 503)
            self.assertEqual(site.origin.heads, [])


class OutcomeTest(unittest.TestCase):
    """What the library is told of how the origin fares."""

    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile(prefix="stile-outcomes-", delete=False) as file:
            cls.told = pathlib.Path(file.name)
        cls.told.chmod(0o666)  # The worker's user is another.
        cls.site = NginxModuleSite(policy=POLICY, environment={
            "LD_PRELOAD": str(FAILING), "STILE_TEST_OUTCOMES": str(cls.told)}, http=CACHE,
            server=OUTCOMES, prepare=cls.prepare)
        cls.fields = cleared(cls.site)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()
        cls.told.unlink()

    @staticmethod
    def prepare(site):
        (site.folder / "page-of-the-site.html").write_text("The site's own page.\n")

    def outcomes(self, target):
        """(action, status, milliseconds) of each that was told of `target`."""
        lines = [line.split(" ") for line in self.told.read_text().splitlines()]
        return [tuple(map(int, line[:3])) for line in lines if line[3] == target]

    def wait_outcomes(self, target, count=1):
        end = time.monotonic() + DEADLINE
        while len(self.outcomes(target)) < count:
            self.assertLess(time.monotonic(), end, f"no outcome of {target} was told")
            time.sleep(0.01)
        return self.outcomes(target)

    def settle(self):
        """Until all that was asked before is logged."""
        self.settled = getattr(self, "settled", 0) + 1
        target = f"/private/echo?settle={self.id()}{self.settled}"
        request(self.site.address, target, fields=self.fields)
        self.wait_outcomes(target)

    def get(self, target, fields=None):
        return request(self.site.address, target, fields=fields or self.fields)[0].status

    def test_each_answer_of_the_origin_is_told_once(self):
        for target, status in (("/private/echo?a", 200), ("/private/broken", 500),
                               ("/private/hang-up", 502)):
            with self.subTest(target):
                self.assertEqual(self.get(target), status)
                ((action, told, millis),) = self.wait_outcomes(target)
                self.assertEqual((action, told), (ALLOW, status))
                self.assertLess(millis, DEADLINE * 1000)
        self.settle()
        self.assertEqual(len(self.outcomes("/private/broken")), 1)

    def test_time_is_that_until_the_answer_begins(self):
        threading.Timer(0.5, self.site.origin.gate.release).start()
        self.assertEqual(self.get("/private/hold"), 200)
        ((_, _, millis),) = self.wait_outcomes("/private/hold")
        self.assertGreaterEqual(millis, 400)

    def test_answer_that_hides_a_failure_is_told_as_the_failure(self):
        self.assertEqual(self.get("/hidden/broken"), 200)
        self.assertEqual([told[1] for told in self.wait_outcomes("/hidden/broken")], [500])

    def test_nobody_is_told_of_who_does_not_pass(self):
        self.assertEqual(self.get("/private/echo?b", BROWSER), 403)
        self.assertEqual(self.get("/closed/echo"), 403)
        self.assertEqual(self.get("/.stile/challenge"), 200)
        head, _ = request(self.site.address, "/.stile/redeem", "POST", self.fields, b"{}")
        self.assertGreaterEqual(head.status, 400)
        self.settle()
        for target in ("/private/echo?b", "/closed/echo", "/.stile/challenge", "/.stile/redeem"):
            self.assertEqual(self.outcomes(target), [])

    def test_answer_out_of_the_cache_is_no_answer_of_the_origin(self):
        for _ in range(3):
            self.assertEqual(self.get("/cached/echo"), 200)
        self.settle()
        self.assertEqual(len(self.outcomes("/cached/echo")), 1)

    def test_client_that_leaves_is_no_failure_of_the_origin(self):
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.fields)
        with Stream(connect(self.site.address)) as stream:
            stream.send(f"GET /private/hold?left HTTP/1.1\r\nHost: a.test\r\n{lines}\r\n".encode())
            end = time.monotonic() + DEADLINE
            while not any(b"?left" in head for head in self.site.origin.heads):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)
        self.site.accesses(1, "/private/hold 499")
        self.site.origin.gate.release()
        self.assertEqual(self.outcomes("/private/hold?left"), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
