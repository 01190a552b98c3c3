"""D14: the page's scripts don't come or don't run. Browsers are tested elsewhere; here is what the
service has to give one: a page that works without, says who it is, and doesn't loop."""

import re
import time
import urllib.parse

from drill import Drill
from raw_http import request
from rig import AGENT, POLICY, Rig

STRICT = '[default]\naction = "challenge"\nlevel = "standard"\n'


class ChallengeAssetsFail(Drill):
    ID, NAME = "D14", "challenge-assets-fail"
    INJECTS = ("a visitor whose scripts, styles and workers all fail, one who sends nonsense, one who "
               "reloads, a missing asset")
    CONTROL = "a policy whose level has no alternative that waits"
    red = ("own",)

    def run(self):
        return self.visit(POLICY)

    def run_control(self):
        return self.visit(STRICT + POLICY)

    def visit(self, policy):
        # Rank 3 suffices for either policy.
        with Rig(policy, minted={"rank": 3}) as rig:
            rig.baseline()
            with rig.fault():
                self.without_scripts(rig)
                status = rig.ask("/.stile/assets/page-000000000000.js")
                rig.outcome.require(status == 404, "own", f"a missing asset answers {status}")
                for _ in range(5):
                    head, _ = self.page(rig, "203.0.113.80")
                    rig.outcome.require(head.status == 403, "own", f"reloading gets {head.status}")
            rig.aftermath()
            return rig.judge()

    @staticmethod
    def fields(client):
        return [("X-Real-IP", client), ("User-Agent", AGENT)]

    def page(self, rig, client):
        return request(rig.gateway, "/private/page",
                       fields=[("Accept", "text/html"), *self.fields(client)])

    def without_scripts(self, rig):
        """Reads the page as a person, presses the button too early, and again in time."""
        out, client = rig.outcome, "203.0.113.81"
        _, body = self.page(rig, client)
        text = body.decode()
        out.require(re.search(r"<code[^>]*>[0-9A-Z]{4}(-[0-9A-Z]{4})+</code>", text), "own",
                    "the page has no reference")
        out.require("refresh" not in text.lower(), "own", "the page loads itself anew")
        out.require(not re.search(r"unblock|been blocked", text), "own", "the page blames the visitor")
        for asset in re.findall(r'(?:src|href)="(/\.stile/assets/[^"]+)"', text):
            out.require(rig.ask(asset) == 200, "own", f"{asset} is missing")
        seconds = re.search(r"wait (\d+) seconds", text)
        if not out.require(seconds and "<button" in text, "own", "no way on without scripts"):
            return
        form = {name: re.search(f'name="{name}" value="([^"]*)"', text)[1]
                for name in ("challenge", "solution")}
        early = self.post(rig, client, form)
        out.require(400 <= early.status < 500 and not early.get("set-cookie"), "own",
                    f"too early: {early.start}")
        nonsense = self.post(rig, client, {**form, "solution": "AAAA"})
        out.require(400 <= nonsense.status < 500, "own", f"nonsense: {nonsense.start}")
        time.sleep(int(seconds[1]) + 0.2)
        done = self.post(rig, client, form)
        if out.require(done.status == 303 and done.get("set-cookie"), "own",
                       f"after the wait: {done.start}"):
            cookie = done.get("set-cookie").partition(";")[0]
            status = rig.ask(fields=[("Cookie", cookie)], address=client)
            out.require(status == 200, "own", f"with the clearance of waiting: {status}")
            out.figure("without_scripts", f"{seconds[1]}s")

    def post(self, rig, client, form):
        head, _ = request(rig.gateway, "/.stile/redeem", "POST",
                          body=urllib.parse.urlencode(form).encode(),
                          fields=[("Content-Type", "application/x-www-form-urlencoded"),
                                  ("Accept", "text/html"), *self.fields(client)])
        return head


DRILLS = [ChallengeAssetsFail()]
