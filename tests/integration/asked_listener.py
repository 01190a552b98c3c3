"""A listener that proxies ask, and the questions that a proxy would ask it."""

import os

from gateway_site import clearance
from raw_http import request
from stiled_process import StiledProcess

STILED = os.environ.get("STILED", "stiled")
CLIENT = "192.0.2.5"
AGENT = "asked-test/1.0"
NAVIGATION = [("Accept", "text/html"), ("User-Agent", AGENT)]
VERDICT_FIELDS = ("x-stile-verdict", "x-stile-rule", "x-stile-ctx")
POLICY = """
[[rule]]
name = "open"
path = ["/open", "/open/*"]
action = "allow"
[[rule]]
name = "closed"
path = ["/closed", "/closed/*"]
action = "deny"
[[rule]]
name = "strict"
path = ["/strict/*"]
action = "challenge"
level = "standard"
"""
TRUSTING = 'client_address = "x-real-ip"\ntrusted_peers = ["127.0.0.0/8"]'


def described(uri="/private", method="GET", host="example.test", proto="http", client=CLIENT,
              agent=AGENT):
    """The fields with which a proxy describes a request; one that is None is left out."""
    fields = [("X-Forwarded-Method", method), ("X-Forwarded-Uri", uri), ("X-Forwarded-Host", host),
              ("X-Forwarded-Proto", proto), ("X-Real-IP", client), ("User-Agent", agent)]
    return [field for field in fields if field[1] is not None]


class AskedListener:
    """stiled with one listener of this mode for each of `listeners`: its keys beside the mode."""

    def __init__(self, mode, listeners=(TRUSTING,), sites=""):
        config = "".join(f'[[listener]]\naddress = "127.0.0.1:0"\nmode = "{mode}"\n{keys}\n'
                         for keys in listeners)
        config += '[[site]]\nname = "main"\nhosts = ["*"]\npolicy = "policy.toml"\n'
        config += f'{sites}\n[metrics]\naddress = "127.0.0.1:0"\n[limits]\nloops = 1\n'
        self.stiled = StiledProcess(STILED, config, {"policy.toml": POLICY})
        self.address = self.stiled.addresses[0]

    def close(self):
        self.stiled.stop()

    def clearance(self, client=CLIENT, agent=AGENT):
        """What a client gets who solves a challenge through the proxy: "name=value"."""
        return clearance(self.address, [("User-Agent", agent), ("X-Real-IP", client)])

    def metrics(self):
        """Every sample by its name and labels, as they are written."""
        _, text = request(self.stiled.metrics, "/metrics")
        samples = {}
        for line in text.decode().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                samples[name] = float(value)
        return samples

    def metric(self, name):
        """The sum of a metric over all its labels."""
        return sum(value for sample, value in self.metrics().items()
                   if sample.partition("{")[0] == name)

    def refused(self, reason):
        return self.metrics().get(f'stile_descriptions_refused_total{{reason="{reason}"}}', 0)
