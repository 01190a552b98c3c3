"""D29: every documented option, with every other two, is started and serves the corpus.

Options are found in the tables of docs/operations.md: a new one without a row here is a failure.
"""

import itertools
import pathlib
import random
import re
import time

from drill import Drill
from drilled_stiled import DrilledStiled
from origin import Origin
from outcome import Outcome
from raw_http import request
from rig import AGENT, FULL, KEYS, LIBRARIES, SECRET, STILED, POLICY
from shared_numbers import Numbers
from visitors import BOT_AGENT, BOT_LIST, address_of, mint

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "operations.md"
ROWS = 80 if FULL else 12
# Of each option two values, both good wherever the other options allow any. What depends on others is
# set beside them in `config`.
OPTIONS = {
    "listener": {"socket_mode": ('"0660"', '"0600"'), "tls_fingerprint_header": ('"X-JA4"', '"X-Fp"'),
                 "client_address": ('"x-real-ip"', '"x-forwarded-for"')},
    "site": {"mode": ('"enforce"', '"shadow"', '"open"', '"attack"'),
             "challenge_lifetime": ('"30s"', '"1h"'), "cookie.secure": ('"auto"', "true", "false"),
             "cookie.same_site": ('"lax"', '"none"'), "cookie.renew": ("true", "false"),
             "cookie.domain": (None, '"example.test"'), "binding.ipv4_prefix": ("24", "0", "32"),
             "binding.ipv6_prefix": ("56", "0", "64"), "binding.user_agent": ("true", "false"),
             "page.title": ('"One moment"', '"Ein Moment"'),
             "page.contact": ('"mailto:a@example.test"', '"https://example.test/help"'),
             "page.privacy": ('"/privacy"', '"https://example.test/privacy"'),
             "page.logo": (None, '"/static/logo.svg"'),
             "page.stylesheet": (None, '"/static/stile.css"'),
             "siteverify.secrets_file": (None, '"secrets"')},
    "": {"node.id": ("0", "65535"), "public_prefix": ('"/.stile"', '"/.other"'),
         "state.tables": (None, '"tables"'), "spend.backend": ('"memory"', '"shared-file"'),
         "spend.tokens": ("1000", "4000000"), "spend.attempts": ("64", "262144"),
         # The two levels that hide that it is ready are taken up by a reload of each row.
         "log.level": ('"debug"', '"info"'), "log.refusals": ("0", "1000"),
         "log.addresses": ('"none"', '"prefix"', '"full"'),
         "wait.per_prefix": (None, '{ requests = 1, per = "1m" }'),
         "wait.global": (None, '{ requests = 1, per = "1m" }'), "wait.ipv4_prefix": ("24", "32"),
         "wait.ipv6_prefix": ("56", "48"),
         "sha256.per_prefix": (None, '{ requests = 60, per = "1m" }'),
         "sha256.global": (None, '{ requests = 600, per = "1m" }'), "budgets.clearances": ("64", "262144"),
         "budgets.cleared_prefixes": ("64", "65536"), "budgets.uncleared_prefixes": ("64", "65536"),
         "budgets.uncleared_rings": ("64", "16384"), "limits.drain_timeout": ('"1s"', '"1h"'),
         "limits.head_timeout": ('"1s"', '"1m"'), "limits.idle_timeout": ('"5s"', '"5m"'),
         "limits.body_timeout": ('"5s"', '"5m"'), "limits.upstream_connect_timeout": ('"1s"', '"9s"'),
         "limits.upstream_timeout": ('"5s"', '"5m"'), "limits.max_head": ("8192", "65535"),
         "limits.max_body": ("1024", "1099511627776"), "limits.max_connections": ("64", "16384"),
         "limits.max_idle_upstream": ("1", "64"), "limits.loops": ("1", "4"),
         "agents.reverse_dns": ("false", "true"), "agents.timeout": ('"50ms"', '"30s"'),
         "agents.in_flight": ("1", "1000"), "limits.overload": ('"0s"', '"10s"'),
         "limits.drain_delay": ('"0s"', '"5s"'), "limits.drain_idle": ('"0s"', '"5s"'),
         "control.mode_file": (None, '"mode-file"'),
         "admission.blast_radius_percent": ("1", "0", "100"),
         "admission.blast_radius_override": ("false", "true"),
         "admission.cohort_percent": ("0", "5"), "admission.cohort_for": ('"60s"', '"1s"'),
         "admission.min_samples": ("1", "100000"), "admission.max_steps": ("1000000", "20000"),
         "admission.soak_for": ('"0s"', '"168h"'), "admission.soak_requests": ("0", "1000"),
         "admission.generations": ("1", "10"), "admission.crashes": ("1", "100"),
         "admission.pin_for": ('"1s"', '"168h"'), "clock.adopt_after": ('"0s"', '"1h"', '"30d"')},
}
# Documented, and set in every row or drilled elsewhere: where, or why not here.
ELSEWHERE = {
    "address": "every row", "name": "every row", "hosts": "every row", "upstream": "every row",
    "policy": "every row", "keys.file": "every row", "metrics.address": "every row",
    "control.socket": "every row", "state.directory": "every row", "log.format": "it has one value",
    "trusted_peers": "every row", "mode": "of a listener: D10, D24 and every other drill",
    "site": "integration.check_test", "tls": "D01", "keys": "integration.site_key_test",
    "socket_group": "it needs a group of this machine", "agents.resolver": "D03", "geo.country": "D03",
    "geo.asn": "integration.fact_test", "control.address": "integration.switch_test",
    "control.token_file": "integration.switch_test", "budgets.merge": "fleet.budget_merge_test",
    "budgets.merge_interval": "fleet.budget_merge_test",
    "budgets.merge_entries": "fleet.budget_merge_test",
    **{f"spend.redis.{key}": "D10 and fleet.fleet_service_test" for key in (
        "address", "username", "password_file", "key_prefix", "timeout", "wait_replicas", "wait_timeout",
        "on_store_error")},
}


def documented(text):
    """The keys of every table of options of the page."""
    keys = set()
    for table in re.findall(r"\| key \| default \| meaning \|\n\|[-|]+\|\n((?:\|.*\n|\n(?=\|))+)", text):
        for row in table.splitlines():
            if row.startswith("|"):
                keys |= set(re.findall(r"`([a-z0-9_.]+)`", row.split("|")[1]))
    return keys


def rows(count):
    """Rows that together hold nearly every three values at once; each value is in one at least."""
    rng = random.Random(29)
    places = [(table, key, values) for table, keys in OPTIONS.items() for key, values in keys.items()]
    columns = []
    for _, _, values in places:
        column = [values[i % len(values)] for i in range(count)]
        rng.shuffle(column)
        columns.append(column)
    return places, [dict(((place[0], place[1]), column[i]) for place, column in zip(places, columns))
                    for i in range(count)]


def coverage(places, made):
    """The share of all triples of values that some row has."""
    seen = []
    for table, key, values in places:
        seen.append([sum(1 << i for i, row in enumerate(made) if row[table, key] == value)
                     for value in values])
    have = total = 0
    for a, b, c in itertools.combinations(seen, 3):
        for x, y, z in itertools.product(a, b, c):
            total += 1
            have += bool(x & y & z)
    return have / total


def config(row, origin_port):
    row = dict(row)
    if row["site", "cookie.same_site"] == '"none"':  # None needs Secure.
        row["site", "cookie.secure"] = "true"
    if row["", "spend.backend"] == '"shared-file"':
        row["", "state.tables"] = '"tables"'

    def lines(table):
        return "".join(f"{key} = {value}\n" for (place, key), value in row.items()
                       if place == table and value is not None)

    return (lines("") + 'state.directory = "state"\nmetrics.address = "unix:metrics.sock"\n'
            'control.socket = "control.sock"\n'
            '[[listener]]\naddress = "unix:gateway.sock"\ntrusted_peers = ["unix"]\n'
            + lines("listener") + '[[site]]\nname = "main"\nhosts = ["*"]\npolicy = "policy.toml"\n'
            f'upstream = "http://127.0.0.1:{origin_port}"\n' + lines("site"))


# What is asked of each row: who, the path, and what they may hear.
CORPUS = (("/open/page", "none", {200}), ("/closed/page", "none", {403, 200}),
          ("/private/page", "none", {403, 429, 200}), ("/private/page", "valid", {200, 403}),
          ("/private/page", "bot", {200}), ("/robots.txt", "none", {200}),
          ("/private/../x;%2f", "none", {400, 403, 200}), ("PREFIX/challenge", "json", {200}),
          ("PREFIX/assets/none.js", "none", {404}), ("/private/" + "x" * 4_000, "none", {403, 414, 200}))


class ValidConfigSweep(Drill):
    ID, NAME = "D29", "valid-config-sweep"
    INJECTS = "combinations of all documented options, each started and asked a corpus of requests"
    CONTROL = "a documented option that no row has, and a process that ends at one of the requests"
    red = ("I6", "own")

    def run(self):
        out = Outcome()
        self.find_missing(out, PAGE.read_text())
        places, made = rows(ROWS)
        out.figure("options", len(places))
        out.figure("rows", len(made))
        out.figure("triples", f"{coverage(places, made):.1%}")
        self.sweep(out, made, {})
        return out

    @staticmethod
    def find_missing(out, text):
        known = {key for keys in OPTIONS.values() for key in keys} | set(ELSEWHERE)
        found = documented(text)
        out.require(len(found) > 60, "own", f"only {len(found)} options are found in the page")
        for key in sorted(found - known):
            out.breach("own", f"the documented option {key} is in no row")

    def sweep(self, out, made, more, end_at=None):
        origin, asked = Origin(default="page"), 0
        try:
            for number, row in enumerate(made):
                asked += self.serve(out, number, config(row, origin.port), row, more,
                                    end_at)
        finally:
            origin.stop()
        out.figure("requests", asked)

    @staticmethod
    def serve(out, number, text, row, more, end_at=None):
        """Starts it over the row and asks the corpus; returns how many were asked."""
        files = {"policy.toml": POLICY, "lists/examplebot.json": BOT_LIST,
                 "secrets": "0123456789abcdef0123456789abcdef\n"}
        try:
            stiled = DrilledStiled(STILED, text, files, KEYS, options=("--strict-boot",), **more)
        except AssertionError as error:
            out.breach("I6", f"row {number} does not start: {str(error)[-600:]}")
            return 0
        asked = 0
        with stiled:
            if end_at is not None:
                end_at()
            level = ("error", "warning")[number % 2]
            stiled.config.write_text(re.sub('log.level = ".*"', f'log.level = "{level}"',
                                            stiled.config.read_text()))
            try:
                status = request(str(stiled.folder / "control.sock"), "/reload", "POST",
                                 host="stile")[0].status
            except (OSError, EOFError):
                status = 0
            out.require(status == 200, "own", f"row {number} does not reload: {status}")
            header = "X-Real-IP" if row["listener", "client_address"] == '"x-real-ip"' else \
                "X-Forwarded-For"
            for path, who, allowed in CORPUS:
                path = path.replace("PREFIX", row["", "public_prefix"].strip('"'))
                fields = [(header, "192.0.2.7" if who == "bot" else address_of(1)),
                          ("User-Agent", BOT_AGENT if who == "bot" else AGENT),
                          ("Accept", "application/json" if who == "json" else "text/html")]
                if who == "valid":
                    fields.append(("Cookie", "stile=" + mint(SECRET, address_of(1))))
                try:
                    status = request(stiled.addresses[0], path, fields=fields)[0].status
                except (OSError, EOFError):
                    status = 0
                asked += 1
                out.require(0 < status < 500, "I1", f"row {number}: {path[:40]} gets {status}")
                out.require(status in allowed or not 0 < status < 500, "I7",
                            f"row {number}: {path[:40]} of {who} gets {status}")
            # A process that ends takes a moment for it.
            end = time.monotonic() + 10
            while end_at is not None and stiled.running() and time.monotonic() < end:
                time.sleep(0.02)
            out.require(stiled.running(), "I6", f"row {number} ended it")
        return asked

    def run_control(self):
        out = Outcome()
        self.find_missing(out, PAGE.read_text().replace(
            "| `node.id` |", "| `node.newest` | 1 | an option that nobody has tried |\n| `node.id` |"))
        numbers = Numbers(7)
        numbers[0], numbers[5] = -1, 1

        def end_at():
            numbers[1] = 1
            numbers[0] = 20  # Allocations from now on the process ends.

        more = {"preload": [LIBRARIES / "failing_memory.so"],
                "environment": {"FAILING_MEMORY": numbers.path}}
        _, made = rows(ROWS)
        self.sweep(out, made[:1], more, end_at)
        return out


DRILLS = [ValidConfigSweep()]
