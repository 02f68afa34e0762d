"""Judges the first steps: the name, the certificate, what answers, and whether it asks to sign in. Pure."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from homeport.doctor import hop
from homeport.doctor.address import Target
from homeport.doctor.answer import Answer, NoAnswer, Outcome, host_of, no_answer_words, origin_of
from homeport.doctor.hop import Hop
from homeport.doctor.strangers import stranger_in
from homeport.foreign_text import clean

SOON = 7 * 86_400
"""Seconds before its end in which a certificate is worth a word."""

HOMEPORT_URL = "In Homeport: the setting public_url (--public-url), then start it again."


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server showed. `problem` is OpenSSL's verdict, or empty; times are epoch seconds (0: unknown)."""

    names: tuple[str, ...]
    issuer: str
    begins: float
    ends: float
    problem: str = ""


def judge_dns(
    target: Target, addresses: Sequence[str], problem: str, *, by_proxy: bool = False, own_tunnel: str = ""
) -> Hop:
    """The name's addresses, or why there are none. `by_proxy`: a proxy connects, and looks names up itself.
    `own_tunnel` is whose tunnel of this Homeport the name belongs to.
    """
    if target.local:
        return hop.skipped("dns", "This computer's own name: nobody else can reach it there.")
    if not addresses and by_proxy:
        return hop.skipped("dns", f"This computer finds no address of {target.host}: its proxy looks the name up.")
    if not addresses:
        said = f"{target.host} has no address" + (f": {problem}." if problem else ".")
        return hop.failed("dns", said, _for_no_address(target, own_tunnel))
    if all(_is_private(address) for address in addresses) and not is_address(target.host):
        return hop.warning(
            "dns",
            f"From this network {target.host} leads to {addresses[0]}, which is a private address.",
            "If the internet's DNS says the same, ChatGPT cannot reach it: point the record at the tunnel or at a "
            "public address. If only your own DNS says so, this is as it should be.",
        )
    if all(_is_private(address) for address in addresses):
        return hop.failed(
            "dns",
            f"{target.host} is a private address, which ChatGPT cannot reach.",
            "Open a tunnel to it, and give the doctor the tunnel's https address.",
        )
    return hop.ok("dns", f"{target.host} is {', '.join(addresses[:3])}")


def _for_no_address(target: Target, own_tunnel: str) -> str:
    if own_tunnel:
        return (
            f"The name is that of Homeport's own tunnel ({own_tunnel}), and may be some seconds old: ask again in a "
            "minute. If it stays, open the tunnel anew (`homeport stop`, then `homeport start`); if it still stays, "
            "this network's DNS may filter such names: ask from another network, or with another DNS server."
        )
    return (
        "Look for a slip of the pen. If the name is new, wait until its DNS record is there; if it is a tunnel's, "
        "start the tunnel, which may have another name now."
    )


def judge_tls(target: Target, certificate: Certificate | NoAnswer | None, now: float) -> Hop:
    """The certificate, or why there is no connection. None: a proxy makes it, and the requests verify it."""
    if not target.secure and target.local:
        return hop.skipped("tls", "Plain http on this computer needs none. ChatGPT needs a public https address.")
    if not target.secure:
        return hop.failed(
            "tls",
            "The address begins with http://. ChatGPT connects to https addresses only.",
            "Put a tunnel or a reverse proxy with a certificate in front of it, and paste its https address.",
        )
    if certificate is None:
        return hop.skipped("tls", "This computer's proxy makes the connection; each request verifies it.")
    if isinstance(certificate, NoAnswer):
        return _no_connection(target, certificate)
    shown = f"It is for {', '.join(clean(name, 80) for name in certificate.names[:3]) or 'no name'}, issued by "
    shown += clean(certificate.issuer, 80) or "nobody it names"
    if certificate.ends and certificate.ends <= now:
        return hop.failed(
            "tls",
            f"The certificate expired {_days(now - certificate.ends)} ago. {shown}.",
            "Renew it where TLS ends (the reverse proxy or the tunnel). If it should be valid, look at this computer's "
            "clock.",
        )
    if certificate.begins > now:
        return hop.failed(
            "tls",
            f"The certificate is not valid before {_days(certificate.begins - now)} from now. {shown}.",
            "Set this computer's clock; if that is right, issue the certificate again.",
        )
    if "ostname mismatch" in certificate.problem or "IP address mismatch" in certificate.problem:
        return hop.failed(
            "tls",
            f"The certificate is for other names than {target.host}. {shown}.",
            f"Let a certificate be issued for {target.host}, or paste the name that it is for.",
        )
    if certificate.problem:
        return hop.failed(
            "tls",
            f"The certificate is not trusted: {clean(certificate.problem, 120)}. {shown}.",
            "Serve the whole chain of a public authority (for example Let's Encrypt). If the issuer is a program or "
            "company that inspects traffic on this network, ask from another network.",
        )
    if certificate.ends and certificate.ends - now < SOON:
        return hop.warning(
            "tls",
            f"The certificate ends in {_days(certificate.ends - now)}. {shown}.",
            "Look why it was not renewed yet: afterwards ChatGPT no longer connects.",
        )
    until = f", valid until {time.strftime('%d %B %Y', time.gmtime(certificate.ends))}" if certificate.ends else ""
    return hop.ok("tls", shown + until)


def judge_reach(target: Target, outcome: Outcome) -> Hop:
    """What answered a first message of MCP."""
    if isinstance(outcome, NoAnswer):
        return _unreachable(target, outcome)
    if (stranger := stranger_in(outcome)) is not None:
        return hop.failed("reach", stranger.what, stranger.fix)
    if outcome.location:
        return _redirect(outcome)
    status = outcome.status
    if status == 401 or (status == 200 and outcome.message() is not None):
        return hop.ok("reach", "An MCP server answers" + (", and asks to sign in." if status == 401 else "."))
    if status == 421 or (status in (400, 403) and re.search(r"(?i)(invalid|not allowed).{0,20}host", outcome.text)):
        return hop.failed("reach", *unknown_name(outcome))
    if outcome.is_html:
        return _web_page(outcome)
    return _by_status(outcome)


def unknown_name(answer: Answer) -> tuple[str, str]:
    """What a server means that refuses the Host it was asked by, and what to do."""
    return (
        f"The server does not know itself by the name {host_of(answer.url)} (HTTP {answer.status}).",
        f"Tell it its public address. {HOMEPORT_URL} With the Python SDK: "
        "TransportSecuritySettings(allowed_hosts=[...]). A proxy in front must keep the Host header.",
    )


def _by_status(outcome: Answer) -> Hop:
    status, path = outcome.status, outcome.url.removeprefix(origin_of(outcome.url))
    said = f" It says: {outcome.complaint}" if outcome.complaint else ""
    known: dict[int, tuple[str, str]] = {
        403: (
            f"The server refuses to answer (HTTP 403).{said}",
            "Look for a firewall, an address list or an Origin check in front of it. ChatGPT comes from OpenAI's "
            "addresses: https://openai.com/chatgpt-connectors.json",
        ),
        404: (
            f"There is nothing at {path} (HTTP 404).",
            "Paste the whole connector URL, with its path. `homeport url` prints it; for most servers it ends in /mcp.",
        ),
        405: (
            f"Nothing at {path} takes POST (HTTP 405): this is no MCP endpoint.",
            "Paste the connector URL with its path, for most servers /mcp.",
        ),
        406: (
            f"The server does not want to answer in JSON or as an event stream (HTTP 406).{said}",
            "A proxy may have changed the Accept header; otherwise this server does not speak streamable HTTP.",
        ),
        429: (
            "The server, or something in front of it, says there were too many requests (HTTP 429).",
            "Wait a minute and ask again. If it stays, raise the limit: all people of ChatGPT share its addresses.",
        ),
    }
    if status in known:
        return hop.failed("reach", *known[status])
    if status in (502, 503, 504, 520, 521, 522, 523, 524, 530):
        return hop.failed(
            "reach",
            f"A proxy or tunnel answers, but the server behind it does not (HTTP {status}).",
            "Start the server, and let the proxy or tunnel lead to its port. For Homeport that is the setting port "
            "(3002 unless it moved: see `homeport status`).",
        )
    if status >= 500:
        return hop.failed(
            "reach",
            f"The server failed (HTTP {status}).{said}",
            "Its log says why. For Homeport: look at the terminal or the dashboard's Logs.",
        )
    return hop.failed(
        "reach",
        f"What answers is no MCP server: {outcome.shown}.{said}",
        "Look whether this is the right address, and whether the server speaks streamable HTTP at it.",
    )


def _no_connection(target: Target, trouble: NoAnswer) -> Hop:
    if trouble.trouble == "tls":
        return hop.failed(
            "tls",
            f"What listens at {target.host}:{target.port} does not speak TLS.",
            "Let TLS end there (a reverse proxy or tunnel), or give the port that takes https.",
        )
    words = no_answer_words(trouble)
    return hop.failed(
        "tls",
        f"No connection to {target.host}, port {target.port}: {words}.",
        "Look whether the computer is on, the tunnel or proxy runs, and a firewall lets this port through.",
    )


def _unreachable(target: Target, outcome: NoAnswer) -> Hop:
    if target.local and outcome.trouble == "refused":
        return hop.failed(
            "reach",
            f"Nothing listens on port {target.port} of this computer: the server is down.",
            "Start it. For Homeport: `homeport`, and `homeport url` for the address it has.",
        )
    fixes = {
        "silent": "The connection stands but no answer comes: the server behind the tunnel or proxy may hang.",
        "proxy": "It may not know the name, or not let this computer there: ask who runs it, or look at the proxy "
        "settings of this computer (HTTPS_PROXY, NO_PROXY).",
        "no-http": "Let the tunnel lead to the public listener's port, and not to another program's.",
    }
    return hop.failed(
        "reach",
        f"{host_of(outcome.url)} does not answer: {no_answer_words(outcome)}.",
        fixes.get(outcome.trouble, "Look whether the server runs and the tunnel or proxy leads to its port."),
    )


def _redirect(answer: Answer) -> Hop:
    there = clean(answer.location, 200)
    if origin_of(answer.location) == origin_of(answer.url):
        return hop.failed(
            "reach",
            f"The server sends us on to {there} (HTTP {answer.status}); ChatGPT does not follow with its message.",
            f"Paste that address into ChatGPT: {there}",
        )
    if origin_of(answer.location).removeprefix("https://") == origin_of(answer.url).removeprefix("http://"):
        return hop.failed(
            "reach",
            f"The server wants https: it sends us to {there}.",
            f"Paste the https address into ChatGPT: {there}",
        )
    return hop.failed(
        "reach",
        f"Something in front of the server sends us to {host_of(answer.location)} (HTTP {answer.status}): a login or "
        "another host.",
        f"Take this address out of that login, or paste the address it leads to, if that is the server: {there}",
    )


def _web_page(answer: Answer) -> Hop:
    titled = f" titled {answer.title!r}" if answer.title else ""
    if answer.status == 404:
        return hop.failed(
            "reach",
            f"A web page{titled} says there is nothing here (HTTP 404): the tunnel may sleep, or the address is "
            "another server's.",
            "Start the tunnel and compare its address with this one; paste the connector URL with its path.",
        )
    if answer.status >= 500:
        return hop.failed(
            "reach",
            f"A web page{titled} of a proxy or tunnel answers (HTTP {answer.status}): the server behind it is down.",
            "Start the server, and let the proxy or tunnel lead to its port (Homeport: the setting port).",
        )
    return hop.failed(
        "reach",
        f"A web page{titled} answers in place of an MCP server (HTTP {answer.status}).",
        "If this is a warning page of your tunnel, turn it off there or use another tunnel; if it is a website, paste "
        "the address with the path of its MCP server.",
    )


def _days(seconds: float) -> str:
    days = int(seconds // 86_400)
    if days >= 2:
        return f"{days} days"
    return f"{int(seconds // 3600)} hours" if seconds >= 7200 else f"{max(1, int(seconds // 60))} minutes"


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_private(address: str) -> bool:
    try:
        return not ipaddress.ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return False
