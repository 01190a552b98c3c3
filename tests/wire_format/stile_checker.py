"""A second implementation of docs/wire-format.md, written from that page alone.

Judges clearances, cookies, contexts, references, response tokens and
redemptions, and seals tokens so that vectors can be made.
Needs the standard library only. Slow and plain on purpose: the page, in the page's order. This is
the door to its parts.
"""

from challenge_rules import *  # noqa: F403
from clearance_rules import *  # noqa: F403
from client_binding import *  # noqa: F403
from context_rules import *  # noqa: F403
from hashwx_rules import *  # noqa: F403
from reference_rules import *  # noqa: F403
from response_rules import *  # noqa: F403
from token_encoding import *  # noqa: F403
