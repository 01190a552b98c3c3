"""What a solution buys: one clearance, however often, wherever and with whatever it is redeemed."""

import concurrent.futures
import json
import pathlib
import signal
import subprocess
import sys
import threading
import time
import unittest

from gateway_site import POLICY, SOLVE, STILED, UNLIMITED, Site, config
from origin import Origin
from raw_http import Stream, request
from stiled_process import StiledProcess, key_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "wire_format"))
import stile_checker as wire  # noqa: E402

FORWARDED = ('address = "127.0.0.1:0"\nclient_address = "x-forwarded-for"\n'
             'trusted_peers = ["127.0.0.0/8"]')
ALLOWED_WAITS = 10   # Of one prefix in 600 s.
SECONDS_A_WAIT = 60  # Until the prefix gets another one.


def get_challenge(address, fields=()):
    head, body = request(address, "/.stile/challenge",
                         fields=[("Accept", "application/json"), *fields])
    assert head.status == 200, (head.start, body)
    return json.loads(body)["challenge"]


def find_solution(challenge, first_nonce):
    return subprocess.run([SOLVE, challenge, str(first_nonce)], capture_output=True, text=True,
                          check=True, timeout=120).stdout.strip()


def redeem_bytes(challenge, solution, fields=()):
    body = json.dumps({"challenge": challenge, "solution": solution}).encode()
    lines = ["POST /.stile/redeem HTTP/1.1", "Host: example.test",
             "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redeem_many(address, requests, connections=64, insists=False):
    """Sends every request, over `connections` at once; returns the (status, Set-Cookie) of each.

    With `insists` one for which there is no room yet is sent again.
    """
    left = iter(requests)
    lock = threading.Lock()
    end = time.monotonic() + 60

    def drive():
        results = []
        with Stream.to(address) as stream:
            while True:
                with lock:
                    data = next(left, None)
                if data is None:
                    return results
                head, _ = stream.send(data).response()
                while insists and head.status == 429 and time.monotonic() < end:
                    time.sleep(0.1)
                    head, _ = stream.send(data).response()
                results.append((head.status, head.get("set-cookie")))

    with concurrent.futures.ThreadPoolExecutor(connections) as pool:
        drivers = [pool.submit(drive) for _ in range(connections)]
        return [result for driver in drivers for result in driver.result()]


class OneClearanceTest(unittest.TestCase):
    def test_thousand_redemptions_over_restart_and_key_change_give_one_clearance(self):
        origin = Origin()
        self.addCleanup(origin.stop)
        text = config(origin.url, ['address = "127.0.0.1:0"'])
        files = {"policy.toml": ""}
        with StiledProcess(STILED, text, files) as stiled:
            challenge = get_challenge(stiled.addresses[0])
            solutions = [find_solution(challenge, 0), find_solution(challenge, 1 << 40)]
            self.assertNotEqual(*solutions)
            bodies = [redeem_bytes(challenge, solution) for solution in solutions]
            results = redeem_many(stiled.addresses[0], bodies * 250, insists=True)
            # A newer master signs from now on; what was asked before is still minted as sealed.
            stiled.keys.write_text(key_file() + "\n" + key_file(b"n" * 32, 2).replace(
                "2026-01-01", "2026-02-01"))
            stiled.signal(signal.SIGHUP)
            stiled.wait_for("reloaded")
            newer = wire.base64url_decode(get_challenge(stiled.addresses[0]))
            self.assertEqual(newer[2], 2, "the new master does not sign")
            results += redeem_many(stiled.addresses[0], bodies * 125, insists=True)
        with StiledProcess(STILED, text, files) as stiled:
            results += redeem_many(stiled.addresses[0], bodies * 125, insists=True)
        self.assertEqual(len(results), 1000)
        self.assertEqual({status for status, _ in results}, {200})
        # Max-Age counts down with the clock; the clearance is the cookie's value.
        self.assertEqual(len({cookie.partition(";")[0] for _, cookie in results}), 1)


class WaitFloodTest(unittest.TestCase):
    def test_ten_thousand_waits_of_one_prefix_give_what_the_limit_says(self):
        count = 10_000
        with Site(listeners=(FORWARDED,), policy=UNLIMITED + POLICY) as site:
            address = site.stiled.addresses[0]
            client = [("X-Forwarded-For", "203.0.113.1")]
            asked = self.ask_many(address, count, client)
            self.assertEqual(len(set(asked)), count)
            issued = max(int.from_bytes(wire.base64url_decode(text)[20:28], "big")
                         for text in asked)
            time.sleep(max(0.0, issued / 1000 + 5.05 - time.time()))
            start = time.monotonic()
            wait = {text: self.wait_solution(text) for text in asked}
            results = redeem_many(address, [
                redeem_bytes(text, wait[text], [("X-Forwarded-For", f"203.0.113.{i % 254 + 1}")])
                for i, text in enumerate(asked)])
            passed = time.monotonic() - start
        statuses = [status for status, _ in results]
        cleared = {cookie for status, cookie in results if status == 200}
        self.assertEqual(len(results), count)
        self.assertEqual(statuses.count(200) + statuses.count(429), count, set(statuses))
        self.assertGreaterEqual(len(cleared), 1)
        self.assertLessEqual(len(cleared), ALLOWED_WAITS + int(passed / SECONDS_A_WAIT) + 1)
        print(f"{count} waits, {len(cleared)} clearances in {passed:.1f} s", file=sys.stderr)

    def ask_many(self, address, count, client):
        fields = "".join(f"{name}: {value}\r\n" for name, value in client)
        data = (f"GET /.stile/challenge HTTP/1.1\r\nHost: example.test\r\n"
                f"Accept: application/json\r\n{fields}\r\n").encode()

        def drive(share):
            texts = []
            with Stream.to(address) as stream:
                for _ in range(share):
                    head, body = stream.send(data).response()
                    assert head.status == 200, head.start
                    texts.append(json.loads(body)["challenge"])
            return texts

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            return [text for texts in pool.map(drive, [count // 16] * 16) for text in texts]

    def wait_solution(self, text):
        token = wire.base64url_decode(text)
        for index in range(token[3]):
            if token[54 + 16 * index] == 2:
                return wire.base64url_encode(bytes([index, 0]))
        raise AssertionError("no wait is offered")


if __name__ == "__main__":
    unittest.main()
