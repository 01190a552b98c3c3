"""D07: a fleet is never of one version: policies and tokens of another one, and nodes that share keys."""

import time

from drill import Drill
from gateway_site import clearance
from rig import AGENT, POLICY, SECRET, Rig
from stiled_process import key_file
from token_encoding import base64url_decode, base64url_encode
from visitors import address_of, mint

RULE = '[[rule]]\nname = "later"\npath = ["/later/*"]\n'
# What a later version may write, or one that counts to another number of things than this one.
LATER = {
    "an unknown key": RULE + 'action = "deny"\nentropy = 3\n',
    "an unknown action": RULE + 'action = "tarpit"\n',
    "an unknown matcher": RULE + 'action = "deny"\nja5 = ["x"]\n',
    "an unknown mode": RULE + 'action = "deny"\nmode = "canary"\n',
    "an unknown table": "[[quarantine]]\nat = 3\n",
    "an unknown puzzle": '[level.later]\nrank = 9\nlifetime = "1h"\n'
                         'alternatives = [ { puzzle = "argon2", effort = 8000000 } ]\n',
    "five alternatives of four": '[level.later]\nrank = 9\nlifetime = "1h"\nalternatives = ['
                                 + ", ".join(['{ puzzle = "sha256", effort = 8000000 }'] * 5) + "]\n",
    "a level that isn't there": RULE + 'action = "challenge"\nlevel = "level21"\n',
    "an agent that isn't there": RULE + 'action = "allow"\nagent = ["agent21"]\n',
    "a list that isn't there": RULE + 'action = "deny"\nip_list = ["lists/21.txt"]\n',
    "nine deep of eight": RULE + 'action = "deny"\n' + "any = [ { " * 9 + 'path = ["/a"]' + " } ]" * 9
                          + "\n",
}
# A wildcard where an earlier version had none, and the other way round.
EARLIER = ('[[rule]]\nname = "plain"\npath = ["/later/21", "/later/*", "*.later"]\naction = "deny"\n'
           '[[rule]]\nname = "plain-2"\nhost = ["*.example.net", "example.net"]\naction = "deny"\n')


def other_version(token, version):
    data = base64url_decode(token)
    return base64url_encode(bytes([version]) + data[1:])


class VersionSkew(Drill):
    ID, NAME = "D07", "version-skew"
    INJECTS = ("policies of a later and an earlier version, references to what isn't there, tokens of "
               "other versions; two nodes with keys in common")
    CONTROL = "two nodes without a key in common"
    red = ("I2",)

    def run(self):
        with Rig() as rig, Rig(visitors=False) as other:
            rig.baseline()
            out = rig.outcome
            before = rig.watch.look().digests()
            with rig.fault():
                for what, text in LATER.items():
                    start = time.monotonic()
                    rig.replace("policy.toml", POLICY + text)
                    status, said = rig.order("/reload")
                    out.require(status == 422 and "policy.toml:" in said or "21.txt" in said, "own",
                                f"{what}: {status} {said[:200]}")
                    rig.alert(lambda s: "reload" in s.alert(), start)
                out.require(rig.watch.look().digests() == before, "I7", "another policy is served")
                rig.replace("policy.toml", POLICY + EARLIER)
                out.require(rig.order("/reload")[0] == 200, "own", "an earlier policy is refused")
                self.tokens(rig)
                self.cross(rig, other)
            rig.replace("policy.toml", POLICY)
            rig.order("/reload")
            rig.recovered()
            rig.aftermath()
            return rig.judge()

    @staticmethod
    def tokens(rig):
        """Tokens of other versions and kinds are asked anew: neither passed nor an error."""
        good = mint(SECRET, address_of(1))
        for version in (0, 2, 3, 127, 255):
            for text in (other_version(good, version), other_version(good, version) + "." + good):
                expected = 200 if "." in text else 403
                status = rig.ask(address=address_of(1), fields=[("Cookie", f"stile={text}")])
                rig.outcome.require(status == expected, "I7", f"version {version}: {status}")

    @staticmethod
    def cross(rig, other):
        """What one node has minted, the other knows, and the other way round."""
        for here, there in ((rig, other), (other, rig)):
            cookie = solved(here.gateway)
            status = there.ask(address="203.0.113.5", fields=[("Cookie", cookie)])
            rig.outcome.require(status == 200, "I2", f"a clearance of the other node gets {status}")

    def run_control(self):
        with Rig() as rig, Rig(visitors=False, keys=key_file(b"n" * 32, 2)) as other:
            rig.baseline()
            with rig.fault():
                self.cross(rig, other)
            return rig.judge()


def solved(address):
    return clearance(address, [("User-Agent", AGENT), ("X-Real-IP", "203.0.113.5")])


DRILLS = [VersionSkew()]
