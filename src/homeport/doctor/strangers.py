"""Recognises answers that come from something in front of the MCP server: a tunnel's own pages, a network's login.
Pure; one table for each provider, so that a new page is one row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from homeport.doctor.answer import Answer, host_of, origin_of

READ = 20_000
"""Characters of a page that are looked at."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """Who answered in place of the server, what that means, and what to do."""

    what: str
    fix: str


_NGROK = {
    "ERR_NGROK_3200": Stranger(
        "ngrok answers that no agent is online for this address: the tunnel sleeps, or the computer does.",
        "Start Homeport on that computer (or its tunnel), and look whether its address is still this one.",
    ),
    "ERR_NGROK_3004": Stranger(
        "ngrok reached the computer, but what its tunnel leads to does not speak HTTP.",
        "Let the tunnel lead to http://127.0.0.1 and the port of the public listener.",
    ),
    "ERR_NGROK_8012": Stranger(
        "ngrok's agent runs, but nothing listens on the port that it leads to: the server is down.",
        "Start the server, or let the tunnel lead to its port (Homeport: the setting port).",
    ),
    "ERR_NGROK_6024": Stranger(
        "ngrok shows its warning page (You are about to visit ...) in place of the server.",
        "On free accounts ngrok shows it to whatever looks like a browser, which ChatGPT does not: let nothing in "
        "between send a browser's User-Agent. If it stays, take a paid plan or another tunnel (the setting tunnel).",
    ),
    "ERR_NGROK_725": Stranger(
        "ngrok's account has used up its bytes of this month.",
        "Wait for the first of next month, or take a larger plan at https://dashboard.ngrok.com/billing",
    ),
    "ERR_NGROK_727": Stranger(
        "ngrok's account has used up its requests of this month.",
        "Wait for the first of next month, or take a larger plan at https://dashboard.ngrok.com/billing",
    ),
    "ERR_NGROK_9009": Stranger(
        "ngrok's agent was refused by a proxy.", "Choose another way out of this network, or the tunnel ssh."
    ),
}

_CLOUDFLARE_ERRORS = {
    "1033": "Cloudflare knows the tunnel, but no cloudflared is connected to it.",
    "1016": "Cloudflare's DNS record leads nowhere.",
    "1003": "Cloudflare does not accept being asked by this name.",
    "502": "Cloudflare reached cloudflared, but the server behind it does not answer.",
    "530": "Cloudflare has no tunnel for this name that is up.",
}


def stranger_in(answer: Answer) -> Stranger | None:
    """Who answered in place of the server, or None where nothing says so."""
    for recognise in _RECOGNISERS:
        if (found := recognise(answer)) is not None:
            return found
    return None


def _ngrok(answer: Answer) -> Stranger | None:
    header = answer.headers.get("ngrok-error-code", "")
    code = re.search(r"ERR_NGROK_\d+", f"{header} {_page(answer)}")
    if code is None:
        return None
    return _NGROK.get(
        code[0],
        Stranger(
            f"ngrok answers in place of the server, with {code[0]}.",
            f"Read what to do at https://ngrok.com/docs/errors/{code[0].lower()}",
        ),
    )


def _cloudflare(answer: Answer) -> Stranger | None:
    by_cloudflare = "cf-ray" in answer.headers or answer.headers.get("server", "").lower() == "cloudflare"
    if not by_cloudflare:
        return None
    page = _page(answer)
    if answer.headers.get("cf-mitigated") == "challenge" or "Just a moment" in page or "Attention Required!" in page:
        return Stranger(
            "Cloudflare shows its challenge page (are you human?) in place of the server; ChatGPT cannot solve it.",
            "In Cloudflare's dashboard: Security > WAF, a custom rule that skips challenges for this host name; turn "
            "Bot Fight Mode and Under Attack Mode off for it.",
        )
    number = re.search(r"[Ee]rror(?: code:?)? (\d{3,4})", page)
    code = number[1] if number else str(answer.status)
    if answer.is_html or answer.status in (502, 521, 522, 523, 524, 530):
        what = _CLOUDFLARE_ERRORS.get(code) or _CLOUDFLARE_ERRORS.get(str(answer.status))
        if what is not None or answer.status >= 520:
            return Stranger(
                f"{what or 'Cloudflare answers in place of the server.'} (error {code})",
                "Look whether cloudflared runs and leads to the public listener: http://127.0.0.1 and its port.",
            )
    return None


def _access(answer: Answer) -> Stranger | None:
    host = host_of(answer.location)
    if host.endswith(".cloudflareaccess.com"):
        return Stranger(
            "Cloudflare Access asks for a login before the server is reached.",
            "In Cloudflare Zero Trust: Access > Applications, take this host name out, or give it a Bypass policy: "
            "ChatGPT signs in at the MCP server itself.",
        )
    if host in ("login.microsoftonline.com", "github.com") and ".devtunnels.ms" in answer.url:
        return Stranger(
            "The dev tunnel asks for a login before the server is reached.",
            "Make it public: devtunnel access create TUNNEL --anonymous",
        )
    if host == "login.tailscale.com":
        return Stranger("Tailscale asks for a login.", "Open the port with `tailscale funnel`, not `tailscale serve`.")
    return None


def _localtunnel(answer: Answer) -> Stranger | None:
    page = _page(answer)
    if "bypass-tunnel-reminder" in page or "loca.lt" in page or "Tunnel website ahead" in page:
        return Stranger(
            "localtunnel shows its reminder page in place of the server.",
            "It asks each visitor for a password, which ChatGPT cannot give: use ngrok, cloudflared, or a server of "
            "your own.",
        )
    if host_of(answer.url).endswith((".loca.lt", ".localtunnel.me")) and answer.status in (503, 504, 404):
        return Stranger("localtunnel has no tunnel of this name that is up.", "Start it again; its name may change.")
    return None


def _zrok(answer: Answer) -> Stranger | None:
    page = _page(answer)
    if "skip_zrok_interstitial" in page or ("zrok" in page.lower() and "interstitial" in page.lower()):
        return Stranger(
            "zrok shows its warning page in place of the server.",
            "It is shown on free accounts: use a paid one, a zrok of your own, or another tunnel.",
        )
    if answer.status in (404, 502) and "zrok" in page.lower():
        return Stranger("zrok has no share of this name that is up.", "Start it again with `zrok share`.")
    return None


def _other_tunnels(answer: Answer) -> Stranger | None:
    page = _page(answer)
    if "X-Tunnel-Skip-AntiPhishing-Page" in page or "Microsoft Dev Tunnels" in page:
        return Stranger(
            "Microsoft's dev tunnel shows its warning page in place of the server.",
            "ChatGPT cannot press Continue there: use another tunnel.",
        )
    if "You are about to visit" in page and answer.is_html:
        return Stranger(
            "A tunnel's warning page (You are about to visit ...) answers in place of the server.",
            "Turn it off at the tunnel's provider, or use another tunnel.",
        )
    return None


_PORTAL_WORDS = re.compile(r"captive.?portal|wi-?fi login|hotspot|network authentication|guest network", re.IGNORECASE)


def _captive_portal(answer: Answer) -> Stranger | None:
    fix = "Open a browser on this computer, sign in to the network there, and run the doctor again."
    if answer.status == 511:
        return Stranger("This network wants a login first (HTTP 511): its captive portal answers.", fix)
    away = answer.location and origin_of(answer.location) != origin_of(answer.url)
    if away and answer.location.startswith("http://"):
        return Stranger(
            f"Something sends us to {host_of(answer.location)} over plain http: this looks like the login page of the "
            "network (a captive portal).",
            fix,
        )
    if answer.is_html and _PORTAL_WORDS.search(_page(answer)):
        return Stranger("The login page of this network (a captive portal) answers in place of the server.", fix)
    return None


def _parked(answer: Answer) -> Stranger | None:
    page = _page(answer)
    if answer.is_html and re.search(r"domain (?:is )?for sale|parked (?:free|domain)|buy this domain", page, re.I):
        return Stranger(
            "A parking page answers: this domain leads to its registrar, not to the server.",
            "Set the DNS record of this name to the tunnel or the server.",
        )
    return None


def _page(answer: Answer) -> str:
    return answer.text[:READ]


_RECOGNISERS: tuple[Callable[[Answer], Stranger | None], ...] = (
    _ngrok,
    _access,
    _localtunnel,
    _zrok,
    _other_tunnels,
    _captive_portal,
    _cloudflare,
    _parked,
)
