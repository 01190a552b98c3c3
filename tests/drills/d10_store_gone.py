"""D10: the store of spends is gone, slow, mute, mad or full. Nobody at the gate notices."""

import json
import time

from drill import Drill
from raw_http import request
from redis_process import RedisProcess
from rig import AGENT, SECRET, Rig
from store_relay import StoreRelay
from visitors import address_of, mint

BACKEND = "0123456789abcdefghijklmnopqrstuv"
LISTENER = '[[listener]]\naddress = "127.0.0.1:0"\nmode = "siteverify"\n'
SELLS = '[site.siteverify]\nsecrets_file = "secrets"\n'
SPEND = '[spend]\nbackend = "redis"\n[spend.redis]\naddress = "unix:{}"\ntimeout = "150ms"\n{}'
FAULTS = ("refuse", "hole", "slow", "garbage", "closing")


class Shop:
    """Buys response tokens as a page does, and asks about them as the site's backend does."""

    def __init__(self, rig):
        self._rig, self._backend = rig, rig.stiled.addresses[2]
        self._client = address_of(3)
        self._cookie = "stile=" + mint(SECRET, self._client)

    def buy(self):
        """A token, or None."""
        head, body = request(self._rig.gateway, "/.stile/token", "POST", body=b'{"action":"login"}',
                             fields=[("Content-Type", "application/json"), ("Cookie", self._cookie),
                                     ("X-Real-IP", self._client), ("User-Agent", AGENT),
                                     ("Origin", "http://example.test"),
                                     ("Sec-Fetch-Site", "same-origin")])
        return json.loads(body)["token"] if head.status == 200 else None

    def ask(self, token):
        """What the backend hears: (success, errors), and the seconds that it took."""
        begin = time.monotonic()
        head, body = request(self._backend, "/siteverify", "POST",
                             fields=[("Content-Type", "application/json")],
                             body=json.dumps({"secret": BACKEND, "response": token}).encode())
        assert head.status == 200, head.start
        told = json.loads(body)
        return told["success"], told["error-codes"], time.monotonic() - begin


def is_up(sight):
    return sight.get("stile_spend_store_up") == 1 and "spend-store" not in sight.degraded()


class StoreGone(Drill):
    ID, NAME = "D10", "store-gone"
    INJECTS = ("the Redis of spends refuses, answers nothing, answers 5 s late, answers nonsense, closes at "
               "once, and takes no more writes")
    CONTROL = 'on_store_error = "local": tokens are accepted while the store that knows them is gone'
    red = ("own",)

    def rig(self, store, more=""):
        return Rig(listeners=LISTENER, site=SELLS, sections=SPEND.format(store.path, more),
                   files={"secrets": BACKEND + "\n"})

    def run(self):
        with RedisProcess() as redis, StoreRelay(redis.socket) as store, self.rig(store) as rig:
            rig.watch.first(is_up, rig.begun)
            rig.baseline()
            out, shop, slowest = rig.outcome, Shop(rig), 0.0
            token = shop.buy()
            out.require(token and shop.ask(token)[0], "own", "no token is accepted before the fault")
            with rig.fault():
                for fault in FAULTS:
                    slowest = max(slowest, self.break_store(rig, store, shop, fault))
                self.fill(rig, redis, shop)
            rig.recovered(is_up)
            token = shop.buy()
            out.require(token and shop.ask(token)[0], "I8", "no token is accepted afterwards")
            out.require(not shop.ask(token)[0], "own", "a token is accepted twice")
            out.figure("slowest_siteverify", f"{slowest:.2f}s")
            rig.aftermath()
            return rig.judge()

    @staticmethod
    def break_store(rig, store, shop, fault):
        held = shop.buy()
        start = time.monotonic()
        store.become(fault)
        slowest = 0.0
        for _ in range(3):
            success, errors, took = shop.ask(held)
            slowest = max(slowest, took)
            rig.outcome.require(not success and "internal-error" in errors or
                                "timeout-or-duplicate" in errors, "own",
                                f"{fault}: {success} {errors}")
            # The closed door stays closed, and in time.
            rig.outcome.require(took < 1.5 + rig.watch.lateness(start, time.monotonic()), "I3",
                                f"{fault}: the backend waits {took:.2f} s")
        rig.alert(lambda s: "spend-store" in s.degraded(), start, f"alert_{fault}")
        store.become("pass")
        rig.recovered(is_up)
        return slowest

    @staticmethod
    def fill(rig, redis, shop):
        """Read-only for what is new: those that are out can still be used up, new ones aren't sold."""
        held = shop.buy()
        redis.ask("CONFIG", "SET", "maxmemory", "1")
        success, errors, _ = shop.ask(held)
        rig.outcome.figure("full_store", "spends" if success else ",".join(errors))
        redis.ask("CONFIG", "SET", "maxmemory", "0")

    def run_control(self):
        with RedisProcess() as redis, StoreRelay(redis.socket) as store, \
                self.rig(store, 'on_store_error = "local"\n') as rig:
            rig.watch.first(is_up, rig.begun)
            rig.baseline()
            shop = Shop(rig)
            with rig.fault():
                self.break_store(rig, store, shop, "refuse")
            return rig.judge()


DRILLS = [StoreGone()]
