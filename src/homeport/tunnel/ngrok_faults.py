"""What ngrok's error codes mean for the person at this computer: the cause, what to do, and whether trying again helps.

Pure. The codes are ngrok's own (https://ngrok.com/docs/errors); what is not among them is said in ngrok's words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from homeport.foreign_text import clean
from homeport.tunnel.base import Again, TunnelFault

TOKEN_PAGE = "https://dashboard.ngrok.com/get-started/your-authtoken"
_CODE = re.compile(r"ERR_NGROK_(\d+)")
_NO_NETWORK = re.compile(
    r"failed to dial|no such host|network is unreachable|i/o timeout|connection (?:refused|reset)", re.I
)


@dataclass(frozen=True, slots=True)
class _Meaning:
    cause: str
    action: str
    again: Again = Again.NEVER
    tokenless: bool = False


_SET_TOKEN = (
    f"Copy your authtoken from {TOKEN_PAGE} and give it to Homeport: on the page Tunnel of the dashboard, or with "
    "`homeport secrets set ngrok`."
)
_ANOTHER_AGENT = (
    "End the other one: on this computer `ngrok` in a terminal or another program, on others whatever uses the same "
    "token; https://dashboard.ngrok.com/agents lists them. Homeport tries again by itself."
)
_UPDATE = "Update it with `ngrok update`, or remove it, and Homeport downloads its own."
_QUOTA = (
    "Wait for the next month, choose a plan at https://dashboard.ngrok.com/billing, or use another tunnel: "
    "--tunnel cloudflared, or --public-url with an address of your own."
)

_WRONG_TOKEN = _Meaning("ngrok does not accept the authtoken.", _SET_TOKEN, tokenless=True)
_REVOKED = _Meaning("ngrok knows the authtoken no longer: it was reset, or revoked.", _SET_TOKEN, tokenless=True)
_NOT_YOURS = _Meaning(
    "The ngrok domain does not belong to this account.",
    "Set ngrok_domain to one that https://dashboard.ngrok.com/domains lists, or leave it out for the account's own.",
)
_REQUESTS = _Meaning("ngrok's limit of requests for this month is reached.", _QUOTA, Again.HOURLY)
_BYTES = _Meaning("ngrok's limit of outgoing data for this month is reached.", _QUOTA, Again.HOURLY)
_TOO_OLD = _Meaning("The ngrok program on this computer is too old for ngrok's servers.", _UPDATE)

MEANINGS: dict[int, _Meaning] = {
    105: _WRONG_TOKEN,
    106: _WRONG_TOKEN,
    107: _REVOKED,
    108: _Meaning(
        "Another ngrok program uses this account, and ngrok allows no more of them.", _ANOTHER_AGENT, Again.SOON
    ),
    120: _TOO_OLD,
    121: _TOO_OLD,
    313: _NOT_YOURS,
    319: _NOT_YOURS,
    320: _NOT_YOURS,
    334: _Meaning("The ngrok domain is in use by another ngrok program.", _ANOTHER_AGENT, Again.SOON),
    725: _BYTES,
    727: _REQUESTS,
    4018: _Meaning("ngrok wants an authtoken, which a free account has.", _SET_TOKEN, tokenless=True),
    4027: _BYTES,
    8012: _Meaning(
        "ngrok's program does not reach Homeport on this computer.",
        "A firewall or security program may stop it: allow ngrok connections to 127.0.0.1. "
        "Homeport tries again by itself.",
        Again.SOON,
    ),
    9009: _Meaning(
        "This computer reaches the internet through a proxy, and ngrok's free plan refuses proxies.",
        "Leave the proxy out for ngrok (NO_PROXY=ngrok.com,.ngrok-agent.com), use a network without one, or another "
        "tunnel: --tunnel cloudflared.",
    ),
    9040: _Meaning(
        "ngrok allows no connections from this computer's internet address.",
        "Use another network (no VPN or Tor), or another tunnel: --tunnel cloudflared.",
    ),
}

NOT_YOURS = frozenset({313, 319, 320})
PROXY_REFUSED = 9009


def code_in(text: str) -> int:
    """ngrok's number in what it said; 0: there is none."""
    found = _CODE.search(text)
    return int(found[1]) if found else 0


def fault_for(said: str) -> TunnelFault:
    """The fault that ngrok's words tell of, as they stand in its log or in an answer of its API."""
    code = code_in(said)
    meaning = MEANINGS.get(code)
    if meaning is not None:
        return TunnelFault(
            meaning.cause,
            action=meaning.action,
            again=meaning.again,
            tokenless=meaning.tokenless,
            code=f"ERR_NGROK_{code}",
        )
    if not code and _NO_NETWORK.search(said):
        return no_network()
    words = clean(said.replace("\\r", " ").replace("\\n", " "), 300)
    if code:
        return TunnelFault(
            f"ngrok refuses: {words}",
            action=f"See https://ngrok.com/docs/errors/err_ngrok_{code}. Homeport tries again by itself.",
            again=Again.SOON,
            code=f"ERR_NGROK_{code}",
        )
    cause = f"ngrok ended: {words}" if words else "ngrok ended without saying why."
    return TunnelFault(cause, action="Homeport starts it again by itself.", again=Again.SOON)


def no_network() -> TunnelFault:
    return TunnelFault(
        "ngrok's servers cannot be reached.",
        action="Look at this computer's internet connection; a firewall must let ngrok out to port 443. "
        "Homeport tries again by itself.",
        again=Again.NETWORK,
    )


def no_token(found_in: str) -> TunnelFault:
    """`found_in`: where a token is that could be used; empty: nowhere."""
    action = (
        f"Use the one from {found_in}, which the dashboard offers, or give another: homeport secrets set ngrok"
        if found_in
        else _SET_TOKEN
    )
    return TunnelFault(
        "ngrok, which makes the public URL, needs its authtoken.", action=action, again=Again.NEVER, tokenless=True
    )


def silent() -> TunnelFault:
    return TunnelFault(
        "The ngrok program started and said nothing.",
        action="A security program may hold it back: allow ngrok there. Homeport tries again by itself.",
        again=Again.SOON,
    )


def killed(program: str) -> TunnelFault:
    return TunnelFault(
        f"The ngrok program was ended from outside ({program}).",
        action="Homeport starts it again by itself. If that repeats, see whether a security program ends it.",
        again=Again.SOON,
    )
