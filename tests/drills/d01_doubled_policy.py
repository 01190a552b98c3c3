"""D01: the file of 18 November 2025. Every file that stiled reads is swapped for a bad one."""

import time

import bad_files
from certificates import Authority
from drill import Drill
from drilled_stiled import DEADLINE
from rig import MEGABYTE, POLICY, Rig
from watch import process_state

# More than half of what a policy may have, so that twice as many are too many.
RULES = 5_100
LARGE_POLICY = POLICY + "".join(
    f'[[rule]]\nname = "r{i}"\npath = ["/old/{i}/*"]\naction = "deny"\n' for i in range(RULES))
TLS = """
[[listener]]
address = "127.0.0.1:0"
client_address = "x-real-ip"
trusted_peers = ["127.0.0.0/8"]
tls = { certificate = "c.pem", key = "k.pem" }
"""
# The last is good TOML, and the site's crawlers would be challenged.
BAD_POLICIES = bad_files.POLICIES + (bad_files.EMPTY,)
# The file, what is put into its place, and the reason under which its refusal is counted.
FILES = (("policy.toml", BAD_POLICIES, "policy"),
         ("lists/examplebot.json", bad_files.LISTS, "policy"),
         ("keys.toml", bad_files.KEYS, "keys"),
         ("c.pem", bad_files.CERTIFICATES, "certificates"))


class DoubledPolicy(Drill):
    ID, NAME = "D01", "doubled-policy"
    INJECTS = ("policy, list, key file and certificate, each swapped under load for one that is doubled, "
               "truncated, empty, 100 MB, 10,000 deep, a regex bomb, garbage, unreadable or gone")
    CONTROL = "the same files met by a restart under --strict-boot instead of a reload"
    red = ("I1", "I6")

    def rig(self, authority):
        certificate, key = authority.make("example.test")
        return Rig(LARGE_POLICY, files={"c.pem": certificate, "k.pem": key}, listeners=TLS)

    def run(self):
        authority = Authority()
        try:
            with self.rig(authority) as rig:
                self.warm_up(rig)
                rig.baseline()
                counts = {"refused": 0, "growth": 0}
                with rig.fault():
                    for file, bad, reason in FILES:
                        for one in bad:
                            self.swap(rig, file, one, reason, counts)
                        if file == "policy.toml":  # The others need no large one.
                            rig.replace(file, POLICY)
                            rig.stiled.reload()
                rig.recovered()
                rig.aftermath()
                rig.outcome.figure("refused", counts["refused"])
                rig.outcome.figure("rss_of_a_refusal", f"{counts['growth'] / MEGABYTE:+.2f}MB")
                return rig.judge()
        finally:
            authority.close()

    @staticmethod
    def warm_up(rig):
        """What reads the largest of files takes memory that the allocator then keeps: it has it
        after two reloads and one refusal."""
        path = rig.folder / "policy.toml"
        good = path.read_bytes()
        rig.stiled.reload()
        bad_files.ALTERNATIONS.put(path, good)
        rig.stiled.reload()
        rig.replace("policy.toml", good)
        rig.stiled.reload()

    def swap(self, rig, file, bad, reason, counts):
        out, path, what = rig.outcome, rig.folder / file, f"{bad.name} {file}"
        good = path.read_bytes()
        before = rig.watch.look()
        bad.put(path, good)
        start = time.monotonic()
        event = rig.stiled.reload(DEADLINE)
        rig.alert(lambda s: s.get("stile_config_last_reload_successful") == 0 and
                  s.rejected().get(reason, 0) > before.rejected().get(reason, 0), start)
        after = rig.watch.look()
        if out.require(event["event"] == "reload-rejected", "own", f"{what}: {event['event']}"):
            counts["refused"] += 1
        out.require(after.metrics and after.digests() == before.digests() and
                    after.get("stile_policy_generation") == before.get("stile_policy_generation"),
                    "I7", f"{what}: another policy is served")
        growth = after.rss - before.rss if before.rss and after.rss else 0
        for _ in range(2):
            # What the visitors' connections take meanwhile doesn't come again, what a refusal keeps
            # does.
            if growth < MEGABYTE or not rig.stiled.running():
                break
            first = process_state(rig.stiled.pid)[0]
            rig.stiled.reload()
            growth = process_state(rig.stiled.pid)[0] - first
        counts["growth"] = max(counts["growth"], growth)
        out.require(growth < MEGABYTE, "I5", f"{what}: {growth} bytes more")
        bad_files.remove(path)
        rig.replace(file, good)
        out.require(rig.stiled.reload()["event"] == "reloaded", "I8", f"{what}: not mended")
        out.require(process_state(rig.stiled.pid) is not None, "I6", f"{what}: gone")

    def run_control(self):
        authority = Authority()
        try:
            with self.rig(authority) as rig:
                rig.baseline()
                with rig.fault():
                    path = rig.folder / "policy.toml"
                    good = path.read_bytes()
                    bad_files.DOUBLED.put(path, good)
                    rig.stiled.end()
                    rig.stiled.begin(["--strict-boot"])
                    time.sleep(0.5)
                rig.replace("policy.toml", good)
                rig.stiled.end()
                rig.stiled.begin()
                rig.aftermath()
                return rig.judge()
        finally:
            authority.close()


DRILLS = [DoubledPolicy()]
