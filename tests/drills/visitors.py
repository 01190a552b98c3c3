"""The visitors of a drill: who they are, what they bring, and what each of them has to be told.

Clearances are made here with the drill's own key, as docs/wire-format.md says, so that a drill need
not solve hundreds of challenges first. The key exists for the drill alone.
"""

import pathlib
import random
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "wire_format"))

from clearance_rules import Clearance
from client_binding import Binding, Client
from token_encoding import CLEARANCE, EPOCH, PURPOSE, derive_key, seal, site_id

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
BOT_AGENT = "Mozilla/5.0 (compatible; Examplebot/1.0)"
BOT_ADDRESS = "192.0.2.7"
BOT_LIST = '{"creationTime": "2026-11-01T00:00:00", "prefixes": [%s]}\n' % ", ".join(
    f'{{"ipv4Prefix": "192.0.2.{8 * i}/29"}}' for i in range(8))

# Of a hundred requests: who sends them.
MIX = {"valid": 70, "none": 15, "expired": 5, "garbage": 5, "bot": 5}
CLEARED = ("valid", "bot")           # They pass, whatever happens.
UNCLEARED = ("none", "expired", "garbage")   # They are asked for a clearance.

HELD = 256  # Clearances that are in use; few enough that none spends its budget in a drill.


def mint(secret, address, key_id=1, site=b"main", issued=None, lifetime=43_200, agent=AGENT,
         rank=2, puzzle=1, now=None):
    """A clearance of `address` as the text that its cookie holds."""
    now = int(time.time() if now is None else now)
    issued = now - 600 if issued is None else int(issued)
    made = Clearance(key_id, random.randbytes(16), issued, issued + lifetime, site_id(site), rank,
                     puzzle, 22, 0, 0, Binding.of(Client(address, agent.encode())))
    return seal(derive_key(secret, PURPOSE[CLEARANCE], site, issued // EPOCH), made.body())


def address_of(number):
    """Addresses of different /24 networks, and of many /16 networks."""
    return f"10.{number % 199 + 1}.{number // 199 % 256}.9"


class Crowd:
    """Picks who comes next. `secret` is the key of the clearances that pass.

    `clock` names a file with the numbers of stiled's preloaded clock, which add up to the seconds
    that it is ahead: clearances are then replaced once a day of that clock, as visitors' are who
    come back.
    """

    def __init__(self, secret, seed, held=HELD, clock=None, **minted):
        self.random = random.Random(seed)
        self._secret, self._minted, self._held = secret, minted, held
        self._clock = open(clock, "rb", buffering=0) if clock else None
        self._kinds, self._weights = list(MIX), list(MIX.values())
        self._mint(self._ahead())

    def _ahead(self):
        if self._clock is None:
            return 0
        self._clock.seek(0)
        return sum(number for number, in struct.iter_unpack("<q", self._clock.read(16)))

    def _mint(self, ahead):
        self._minted_at, held = ahead, self._held
        if self._clock is not None:
            self._minted["now"] = time.time() + ahead
        self._valid = [(address_of(i), self._cookie(address_of(i))) for i in range(held)]
        past = time.time() + ahead - 40_000
        self._expired = [(address_of(1000 + i),
                          self._cookie(address_of(1000 + i), issued=past, lifetime=3_600))
                         for i in range(16)]

    def _cookie(self, address, **changes):
        return "stile=" + mint(self._secret, address, **{**self._minted, **changes})

    def next(self):
        """(kind, address, user agent, cookie or None)."""
        if self._clock is not None and abs((ahead := self._ahead()) - self._minted_at) >= 86_400:
            self._mint(ahead)
        kind = self.random.choices(self._kinds, self._weights)[0]
        if kind == "valid":
            return (kind, *self._at(self._valid))
        if kind == "expired":
            return (kind, *self._at(self._expired))
        address = address_of(self.random.randrange(2_000, 40_000))
        if kind == "garbage":
            size = self.random.randrange(1, 200)
            cookie = "stile=" + "".join(self.random.choices("AZaz09-_=.;\"% \t", k=size))
            return kind, address, AGENT, cookie
        if kind == "bot":
            return kind, BOT_ADDRESS, BOT_AGENT, None
        return kind, address, AGENT, None

    def _at(self, clients):
        address, cookie = self.random.choice(clients)
        return address, AGENT, cookie
