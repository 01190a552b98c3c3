"""D16: keys are rotated under load, node after node, and their file is broken in every way."""

import base64
import os
import time

import bad_files
from d07_version_skew import solved
from drill import Drill
from rig import KEYS, Rig
from stiled_process import key_file


def entry(key_id, secret, sign_from, verify_until=None):
    text = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    lines = [f'[[key]]\nid = {key_id}\nsecret = "{text}"',
             f"sign_from = {time.strftime(stamp, time.gmtime(sign_from))}"]
    if verify_until:
        lines.append(f"verify_until = {time.strftime(stamp, time.gmtime(verify_until))}")
    return "\n".join(lines) + "\n"


NEXT = b"n" * 32
BAD = bad_files.KEYS + (
    bad_files.text("with-one-id-twice", lambda good: good + key_file(NEXT, 1).encode()),
    bad_files.text("with-a-short-secret", lambda good: good.replace(b'secret = "', b'secret = "_" #')),
    bad_files.text("with-an-id-of-300", lambda good: good.replace(b"id = 1", b"id = 300")),
    bad_files.text("that-ends-before-it-begins", lambda good: good +
                   b"verify_until = 2020-01-01T00:00:00Z\n"))


class Keys(Drill):
    ID, NAME = "D16", "keys"
    INJECTS = ("a new key on two nodes, one after the other; key files that are doubled, cut, empty, huge, "
               "garbled, gone, with one id twice, ended, readable by all")
    CONTROL = "a rotation without overlap, insisted on: the file has the new key alone"
    red = ("I2",)

    def run(self):
        with Rig() as rig, Rig(visitors=False) as other:
            rig.baseline()
            out, refused = rig.outcome, 0
            with rig.fault():
                for bad in BAD:
                    start = time.monotonic()
                    bad.put(rig.folder / "keys.toml", KEYS.encode())
                    event = rig.stiled.reload()["event"]
                    out.require(event == "reload-rejected", "own", f"{bad.name}: {event}")
                    refused += event == "reload-rejected"
                    rig.alert(lambda s: s.get("stile_config_last_reload_successful") == 0, start)
                    bad_files.remove(rig.folder / "keys.toml")
                    rig.replace("keys.toml", KEYS)
                    rig.order("/reload")
                os.chmod(rig.folder / "keys.toml", 0o644)
                out.require(rig.order("/reload")[0] == 200, "own", "a readable file is refused")
                out.require(rig.stiled.seen("key-file"), "own", "a readable file isn't complained of")
                self.rotate(rig, other)
            rig.recovered()
            rig.aftermath()
            out.figure("refused", refused)
            return rig.judge()

    @staticmethod
    def rotate(rig, other):
        """The new key signs once both nodes have it; the old one goes on verifying."""
        signs = time.time() + 2.0
        ends = time.time() + 10 * 86_400
        both = KEYS + entry(2, NEXT, signs, ends)
        for node in (rig, other):
            node.replace("keys.toml", both)
            node.order("/reload")
            time.sleep(0.3)
        old = solved(rig.gateway)
        time.sleep(max(0.0, signs + 1.2 - time.time()))
        new = solved(rig.gateway)
        for name, cookie in (("old", old), ("new", new)):
            for place, node in (("here", rig), ("there", other)):
                status = node.ask(address="203.0.113.5", fields=[("Cookie", cookie)])
                node.outcome.require(status == 200, "I2", f"the {name} key {place}: {status}")
                rig.outcome.require(status == 200, "I2", f"the {name} key {place}: {status}")
        told = rig.watch.look().get('stile_key_expiry_timestamp_seconds{id="2"}')
        rig.outcome.require(told and abs(told - ends) < 2, "own", f"its end is told as {told}")

    def run_control(self):
        with Rig(sections="[admission]\nblast_radius_override = true") as rig:
            rig.baseline()
            with rig.fault():
                rig.replace("keys.toml", key_file(NEXT, 2))
                rig.order("/reload", "force=true")
            return rig.judge()


DRILLS = [Keys()]
