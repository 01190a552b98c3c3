"""No token is accepted twice, whatever happens to the Redis that a fleet shares.

Nodes in one process (spend_driver) try every token more than once while a real redis-server is
killed, paused, filled, flushed, restored from an old backup or failed over with its link cut.
"""

import os
import pathlib
import struct
import tempfile
import time
import unittest

from byte_relay import ByteRelay
from redis_process import RedisProcess, until
from spend_nodes import PATIENT_MS, SpendNodes

FULL = os.environ.get("STILE_TEST_TIER") == "full"
# Attempts around each fault: with those of all faults 1e5, and 1e6 in the long tier.
LOAD = 100_000 if FULL else 10_000
PAUSE = 30 if FULL else 3
SWARM = 10_000 if FULL else 200  # Tokens, with 256 submitters each.
# Where a store that hangs is what is tested.
HASTY_MS = 250
# Above the timeout by what a machine under heavy load takes to run a thread.
LATE_MS = 5_000


def set_ahead(clock, seconds):
    with open(clock, "r+b" if clock.exists() else "wb") as file:
        file.write(struct.pack("<q", seconds))


def broken_contract(nodes, count):
    until(lambda: nodes.do("tell")["broken_contract"] == count, "nobody notices")


class FleetTest(unittest.TestCase):
    slowest_ms = PATIENT_MS + LATE_MS

    def check_single_use(self, told):
        self.assertEqual(told["doubled"], 0, told)
        self.assertEqual(told["fresh"] + told["spent"] + told["unknown"] + told["repeated"],
                         told["asked"], told)
        self.assertLess(told["slowest_ms"], self.slowest_ms, told)

    def served(self, nodes, load=LOAD):
        """A load without faults: everything has an answer, and every new token passes once."""
        before = nodes.do("tell")
        self.assertTrue(nodes.do("ready")["good"])
        told = nodes.do(f"load {load}")
        self.check_single_use(told)
        self.assertGreater(told["fresh"], before["fresh"])
        return told


class OneServer(FleetTest):
    def test_TokenPassesOnceWithoutFaults(self):
        with RedisProcess() as redis, SpendNodes(*["unix:" + redis.socket] * 3) as nodes:
            told = self.served(nodes)
            self.assertEqual(told["unknown"], 0)
            told = nodes.do("replay")
            self.check_single_use(told)
            # Those that `ready` issued are tried for the first time here.
            self.assertEqual(told["fresh"], told["issued"])

    def test_KilledServerCostsItsTokensAndPassesNoneTwice(self):
        with RedisProcess() as redis, SpendNodes(*["unix:" + redis.socket] * 2) as nodes:
            self.served(nodes)
            nodes.begin(f"load {LOAD}")
            redis.kill()
            redis.start()
            self.check_single_use(nodes.end())
            told = self.served(nodes)
            self.assertGreaterEqual(told["epoch_changes"], 1)
            self.check_single_use(nodes.do("replay"))

    def test_ServerThatForgetsItAllPassesNoneTwice(self):
        options = {"appendonly": "yes"}
        with RedisProcess(options) as redis, SpendNodes(*["unix:" + redis.socket] * 2) as nodes:
            self.served(nodes)
            redis.kill()
            for path in (redis.folder / "appendonlydir").iterdir():
                path.unlink()
            redis.start()
            self.served(nodes)
            self.check_single_use(nodes.do("replay"))

    def test_PausedServerIsUnknownWithinTheTimeout(self):
        self.slowest_ms = HASTY_MS + LATE_MS
        with RedisProcess() as redis, SpendNodes(
                *["unix:" + redis.socket] * 2, options=("--timeout", str(HASTY_MS))) as nodes:
            self.served(nodes)
            redis.pause()
            ends = time.monotonic() + PAUSE
            while time.monotonic() < ends:
                before = nodes.do("tell")
                told = nodes.do("load 1000")
                self.check_single_use(told)
                self.assertEqual(told["fresh"], before["fresh"])
            redis.resume()
            told = self.served(nodes)
            self.check_single_use(nodes.do("replay"))

    def test_FullServerRefusesNewTokensAndStillSpends(self):
        with RedisProcess({"maxmemory": "8mb"}) as redis, SpendNodes(
                *["unix:" + redis.socket] * 2) as nodes:
            self.assertTrue(nodes.do("ready")["good"])
            nodes.do("hold 500")
            before = nodes.do("tell")
            block = b"x" * 65_536
            filled = 0
            while True:
                try:
                    redis.ask("SET", f"other:{filled}", block)
                    filled += 1
                except Exception as error:
                    self.assertIn("OOM", str(error))
                    break
            told = nodes.do("replay")
            self.check_single_use(told)
            self.assertEqual(told["fresh"] - before["fresh"], told["issued"])
            self.check_single_use(nodes.do(f"load {LOAD}"))
            redis.ask("CONFIG", "SET", "maxmemory", "0")
            self.served(nodes)
            self.check_single_use(nodes.do("replay"))

    def test_SentinelOfAnotherServerStopsEverySpendAtOnce(self):
        # No connection breaks, and nobody looks at the server anew: the script itself must see it.
        with RedisProcess() as redis, SpendNodes(*["unix:" + redis.socket] * 2) as nodes:
            self.served(nodes)
            nodes.do("hold 500")
            before = nodes.do("tell")
            epoch = redis.ask("GET", "{stile}:epoch").split()[0]
            redis.ask("SET", "{stile}:epoch", f"{epoch} {'0' * 40} {'0' * 40}")
            told = nodes.do("replay")
            self.check_single_use(told)
            self.assertEqual(told["fresh"], before["fresh"])
            self.served(nodes)

    def test_OfManySubmittersOfEachTokenOneHearsYes(self):
        with RedisProcess() as redis, SpendNodes(*["unix:" + redis.socket] * 2) as nodes:
            self.assertTrue(nodes.do("ready")["good"])
            before = nodes.do("tell")
            told = nodes.do(f"swarm {SWARM}")
            self.check_single_use(told)
            self.assertEqual(told["asked"] - before["asked"], 256 * SWARM)
            self.assertEqual(told["fresh"] - before["fresh"], SWARM)
            self.assertEqual(told["unknown"], 0)

    def test_FlushedServerRefusesWhatItHasForgotten(self):
        with RedisProcess() as redis, SpendNodes(*["unix:" + redis.socket] * 2) as nodes:
            self.served(nodes)
            nodes.begin(f"load {LOAD}")
            for _ in range(5):
                redis.ask("FLUSHALL")
                time.sleep(0.02)
            self.check_single_use(nodes.end())
            before = self.served(nodes)
            self.assertGreaterEqual(before["epoch_changes"], 1)
            self.check_single_use(nodes.do("replay"))

    def test_EvictingServerBreaksTheContract(self):
        with RedisProcess({"maxmemory-policy": "allkeys-lru"}) as redis, SpendNodes(
                "unix:" + redis.socket) as nodes:
            self.assertFalse(nodes.do("ready 500")["good"])
            broken_contract(nodes, 1)
            self.assertEqual(nodes.do("tell")["issued"], 0)
            redis.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
            self.served(nodes)

    def test_PolicyThatTurnsEvictingIsNoticedAndPassesNoneTwice(self):
        with RedisProcess() as redis, SpendNodes(*["unix:" + redis.socket] * 2) as nodes:
            self.served(nodes)
            redis.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
            used = int(redis.info("used_memory"))
            redis.ask("CONFIG", "SET", "maxmemory", used + 200_000)
            nodes.begin(f"load {LOAD}")
            for i in range(200):
                redis.ask("SET", f"other:{i}", b"x" * 8_192)
            self.check_single_use(nodes.end())
            broken_contract(nodes, 2)
            redis.ask("CONFIG", "SET", "maxmemory", 0)
            redis.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
            self.served(nodes)
            self.check_single_use(nodes.do("replay"))

    def test_WithoutAppendOnlyTheContractIsBroken(self):
        with RedisProcess({"appendonly": "no"}) as redis, SpendNodes(
                "unix:" + redis.socket) as nodes:
            self.assertFalse(nodes.do("ready 500")["good"])
            broken_contract(nodes, 1)

    def test_ReplicaBreaksTheContract(self):
        with RedisProcess(listen=True) as master, RedisProcess() as replica:
            replica.ask("REPLICAOF", "127.0.0.1", master.port)
            until(lambda: replica.info("master_link_status") == "up", "no replication")
            with SpendNodes("unix:" + replica.socket) as nodes:
                self.assertFalse(nodes.do("ready 500")["good"])
                broken_contract(nodes, 1)

    def test_ServerRestoredFromAnOldBackupPassesNoneTwice(self):
        with tempfile.TemporaryDirectory() as scratch, RedisProcess() as redis, SpendNodes(
                *["unix:" + redis.socket] * 2) as nodes:
            backup = pathlib.Path(scratch) / "backup"
            self.served(nodes)
            redis.copy_data(backup)
            self.served(nodes)
            redis.kill()
            redis.put_data(backup)
            redis.start()
            self.served(nodes)
            self.check_single_use(nodes.do("replay"))

    def test_BlocksThatExpireEarlyRefuse(self):
        # What a server whose clock leaps ahead does to them.
        with RedisProcess() as redis, SpendNodes(*["unix:" + redis.socket] * 2) as nodes:
            self.served(nodes)
            nodes.begin(f"load {LOAD}")
            for _ in range(5):
                for key in redis.keys("*:spent:*"):
                    redis.ask("PEXPIRE", key, 1)
                time.sleep(0.02)
            self.check_single_use(nodes.end())
            before = nodes.do("tell")
            told = nodes.do("replay")
            self.check_single_use(told)
            self.assertGreater(told["unknown"], before["unknown"])

    def test_ClockThatLeapsAheadBreaksTheContractAndPassesNoneTwice(self):
        with tempfile.TemporaryDirectory() as scratch:
            clock = pathlib.Path(scratch) / "clock"
            set_ahead(clock, 0)
            stepped = {"LD_PRELOAD": os.environ["STEPPED_CLOCK_LIBRARY"],
                       "STEPPED_CLOCK": str(clock)}
            with RedisProcess(environment=stepped) as redis, SpendNodes(
                    *["unix:" + redis.socket] * 2) as nodes:
                self.served(nodes)
                nodes.begin(f"load {LOAD}")
                set_ahead(clock, 1000)
                self.check_single_use(nodes.end())
                broken_contract(nodes, 2)
                set_ahead(clock, 0)
                self.served(nodes)
                told = nodes.do("replay")
                self.check_single_use(told)
                self.assertGreater(told["unknown"], 0)

    def test_ForgottenScriptsAreLoadedAgain(self):
        with RedisProcess() as redis, SpendNodes("unix:" + redis.socket) as nodes:
            self.served(nodes)
            nodes.begin(f"load {LOAD}")
            for _ in range(10):
                redis.ask("SCRIPT", "FLUSH")
                time.sleep(0.005)
            told = nodes.end()
            self.check_single_use(told)
            self.assertEqual(told["unknown"], 0)

    def test_KilledConnectionsComeBack(self):
        with RedisProcess() as redis, SpendNodes(*["unix:" + redis.socket] * 2) as nodes:
            self.served(nodes)
            nodes.begin(f"load {LOAD}")
            for _ in range(5):
                redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                time.sleep(0.05)
            self.check_single_use(nodes.end())
            told = self.served(nodes)
            self.assertEqual(told["epoch_changes"], 0)
            self.check_single_use(nodes.do("replay"))


class Failover(FleetTest):
    """Two servers, with a link between them that is cut before the master goes."""

    def fail_over(self, options=()):
        """Returns what was told after node 1 went on with the replica, and node 0 stayed."""
        with RedisProcess(listen=True) as first, ByteRelay(first.port) as link, RedisProcess(
                listen=True) as second:
            second.ask("REPLICAOF", "127.0.0.1", link.port)
            until(lambda: second.info("master_link_status") == "up", "no replication")
            until(lambda: first.info("connected_slaves") == "1", "no replica")
            # Nodes find their store under one address, and then another server is there.
            with ByteRelay(first.port) as address, SpendNodes(
                    f"127.0.0.1:{address.port}", f"127.0.0.1:{first.port}",
                    options=options) as nodes:
                self.served(nodes)
                link.cut()
                told = nodes.do(f"load {LOAD}")
                self.check_single_use(told)
                # The replica takes over, for one node alone: the other keeps to the old master.
                second.ask("REPLICAOF", "NO", "ONE")
                address.lead_to(second.port)
                first.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                told = nodes.do(f"load {LOAD}")
                self.check_single_use(told)
                if not options:
                    self.served(nodes)
                nodes.begin("replay")
                first.kill()
                self.check_single_use(nodes.end())
                return nodes.do("replay")

    def test_FailoverWithTheLinkCutPassesNoneTwice(self):
        told = self.fail_over()
        self.check_single_use(told)
        self.assertGreaterEqual(told["epoch_changes"], 1)

    def test_FailoverWithTheLinkCutPassesNoneTwiceInWaitMode(self):
        told = self.fail_over(("--wait-replicas", "1", "--wait-timeout", "20"))
        self.check_single_use(told)
        self.assertGreater(told["unconfirmed"], 0)

    def test_DemotedMasterThatIsPromotedAgainPassesNoneTwice(self):
        with RedisProcess(listen=True) as first, ByteRelay(first.port) as link, RedisProcess(
                listen=True) as second:
            second.ask("REPLICAOF", "127.0.0.1", link.port)
            until(lambda: second.info("master_link_status") == "up", "no replication")
            with SpendNodes(*["unix:" + first.socket] * 2) as nodes:
                self.served(nodes)
                link.cut()
                nodes.do(f"load {LOAD}")
                # It takes the replica's data, which lack the latest spends, and serves them.
                second.ask("REPLICAOF", "NO", "ONE")
                first.ask("REPLICAOF", "127.0.0.1", second.port)
                until(lambda: first.info("master_link_status") == "up", "no replication back")
                first.ask("REPLICAOF", "NO", "ONE")
                self.served(nodes)
                told = nodes.do("replay")
                self.check_single_use(told)
                self.assertGreaterEqual(told["epoch_changes"], 1)


class Relaxed(unittest.TestCase):
    def test_LocalModeShowsItsNumberBesideItsBound(self):
        with RedisProcess() as redis, SpendNodes(
                *["unix:" + redis.socket] * 2, options=("--local",)) as nodes:
            self.assertTrue(nodes.do("ready")["good"])
            # Node 0's tokens are used up at node 1, and once more at node 0 without the store.
            nodes.do("only 0")
            nodes.do(f"hold {LOAD // 10}")
            bound = nodes.do("tell")["issued"]
            nodes.do("only 1")
            told = nodes.do("replay")
            self.assertEqual((told["fresh"], told["doubled"]), (bound, 0))
            nodes.do("only 0")
            redis.kill()
            until(lambda: nodes.do("tell")["up"] == 0, "nobody notices")
            told = nodes.do("replay")
            told = nodes.do("replay")
            print(f"on_store_error = local: accepted twice {told['doubled']}, bound {bound}")
            self.assertLessEqual(told["doubled"], bound)
            self.assertEqual(told["fresh"] - bound, told["doubled"])
            # What it numbers alone passes once.
            nodes.do(f"load {LOAD}")
            told = nodes.do("replay")
            self.assertLessEqual(told["doubled"], bound)
            self.assertGreater(told["issued"], bound)
            redis.start()
            self.assertTrue(nodes.do("ready")["good"])
            nodes.do("only -1")
            self.assertLessEqual(nodes.do("replay")["doubled"], bound)


if __name__ == "__main__":
    unittest.main(verbosity=2)
