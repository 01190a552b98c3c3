"""Response tokens of two stiled that share one Redis, from the visitor to the site's backend."""

import concurrent.futures
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "integration"))

from gateway_site import STILED, TCP, UNLIMITED, clearance, config
from origin import Origin
from raw_http import request
from redis_process import RedisProcess, until
from stiled_process import StiledProcess

SECRET = "0123456789abcdef0123456789abcdef"
DUPLICATE = {"success": False, "error-codes": ["timeout-or-duplicate"]}
LISTENERS = (TCP, 'address = "127.0.0.1:0"\nmode = "siteverify"')
SELLS = '[site.siteverify]\nsecrets_file = "secrets"\n'
STORE = """[node]
id = {node}
[spend]
backend = "redis"
[spend.redis]
address = "unix:{socket}"
timeout = "750ms"
"""


class FleetTokens(unittest.TestCase):
    def setUp(self):
        self.redis = RedisProcess()
        self.addCleanup(self.redis.stop)
        self.origin = Origin()
        self.addCleanup(self.origin.stop)
        self.nodes = [self.start(node) for node in (1, 2)]
        self.until_served()
        self.cookie = clearance(self.nodes[0].addresses[0])

    def start(self, node):
        text = config(self.origin.url, LISTENERS, sites=SELLS)
        text += STORE.format(node=node, socket=self.redis.socket)
        stiled = StiledProcess(STILED, text, {"policy.toml": UNLIMITED, "secrets": SECRET + "\n"})
        self.addCleanup(stiled.stop)
        return stiled

    def until_served(self):
        for node in self.nodes:
            until(lambda node=node: node.metric("stile_spend_store_up") == 1, "it never connects")

    def buy(self, node):
        head, body = request(self.nodes[node].addresses[0], "/.stile/token", "POST",
                             [("Content-Type", "application/json"), ("Cookie", self.cookie)],
                             b'{"action":"login"}')
        return head.status, json.loads(body)

    def token(self, node):
        status, reply = self.buy(node)
        self.assertEqual(status, 200, reply)
        return reply["token"]

    def ask(self, node, token, **fields):
        body = json.dumps({"secret": SECRET, "response": token, **fields}).encode()
        head, reply = request(self.nodes[node].addresses[1], "/siteverify", "POST",
                              [("Content-Type", "application/json")], body)
        self.assertEqual(head.status, 200, reply)
        return json.loads(reply)

    def check_success(self, reply):
        self.assertIs(reply["success"], True, reply)

    def test_TokenPassesOnceWhicheverNodeIsAsked(self):
        for asked in (0, 1):
            token = self.token(0)
            self.check_success(self.ask(asked, token))
            self.assertEqual(self.ask(1 - asked, token), DUPLICATE)
            self.assertEqual(self.ask(asked, token), DUPLICATE)

    def test_AttemptIsRepeatedAtEveryNodeAndNoOtherIs(self):
        token = self.token(0)
        first = self.ask(1, token, idempotency_key="one")
        self.check_success(first)
        for node in (0, 1):
            self.assertEqual(self.ask(node, token, idempotency_key="one"), first)
            self.assertEqual(self.ask(node, token, idempotency_key="two"), DUPLICATE)
            self.assertEqual(self.ask(node, token), DUPLICATE)

    def test_WhatRedisKeepsOfATokenEndsWithIt(self):
        token = self.token(0)
        self.check_success(self.ask(1, token, idempotency_key="one"))
        # A token's five minutes, and by how much clocks may differ; a block is filled for a minute.
        for pattern, least, most in (("attempt", 300, 360), ("spent", 300, 450)):
            keys = self.redis.keys("{stile}:" + pattern + ":*")
            self.assertTrue(keys, pattern)
            for key in keys:
                left = self.redis.ask("PTTL", key) / 1000
                self.assertTrue(least - 30 < left <= most, (key, left))

    def test_OfManyAttemptsAtBothNodesOneHearsYes(self):
        tokens = [self.token(i % 2) for i in range(20)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            heard = list(pool.map(
                lambda i: [self.ask(i % 2, token)["success"] for token in tokens], range(8)))
        self.assertEqual([sum(told) for told in zip(*heard)], [1] * len(tokens))

    def test_WithoutTheStoreClearancesPassAndTokensWait(self):
        token = self.token(0)
        self.redis.kill()
        for node in self.nodes:
            until(lambda node=node: node.metric("stile_spend_store_up") == 0, "it never notices")
        for node in (0, 1):
            head, _ = request(self.nodes[node].addresses[0], "/", fields=[("Cookie", self.cookie)])
            self.assertEqual(head.status, 200)
            self.assertEqual(self.ask(node, token)["error-codes"], ["internal-error"])
            self.assertEqual(self.buy(node)[0], 503)
        self.redis.start()
        self.until_served()
        # Another server by its run id: what was out before is void, at every node.
        for node in (0, 1):
            self.assertEqual(self.ask(node, token), DUPLICATE)
        self.check_success(self.ask(1, self.token(0)))

    def test_StoreThatIsFullIsToldUntilItIsNot(self):
        token, node = self.token(0), self.nodes[0]
        degraded = 'stile_degraded{reason="spend-store"}'
        self.redis.ask("CONFIG", "SET", "maxmemory", "1")
        self.assertEqual(self.ask(0, token, idempotency_key="one")["error-codes"],
                         ["internal-error"])
        self.assertEqual(node.wait_for("spend-store-refuses")["reason"], "OOM")
        until(lambda: node.samples()[degraded] == 1, "it is not told")
        self.assertEqual(node.metric("stile_spend_store_up"), 1)
        self.check_success(self.ask(0, token))  # Takes no room.
        self.redis.ask("CONFIG", "SET", "maxmemory", "0")
        self.check_success(self.ask(0, self.token(0), idempotency_key="two"))
        node.wait_for("spend-store-writes")
        until(lambda: node.samples()[degraded] == 0, "it is told for ever")


if __name__ == "__main__":
    unittest.main(verbosity=2)
