"""Judges registration, the sign-in page and the token endpoint (RFC 7591, RFC 6749, RFC 9700). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from homeport.doctor import hop
from homeport.doctor.answer import Answer, NoAnswer, Outcome, host_of, no_answer_words, origin_of
from homeport.doctor.hop import Hop
from homeport.doctor.strangers import stranger_in
from homeport.foreign_text import clean

CHATGPT_CLIENT = "https://chatgpt.com/oauth/client.json"
STABLE_REDIRECT = "https://chatgpt.com/connector_platform_oauth_redirect"
OWN_REDIRECT = "https://chatgpt.com/connector/oauth/homeport-doctor"
"""What ChatGPT uses where answers carry no `iss`: one for each connection (its last part is the connection's)."""

CLIENT_NAME = "Homeport doctor"


@dataclass(frozen=True, slots=True)
class KnownClient:
    """The client that the doctor is at this server; `secret` is empty for a public one."""

    client_id: str
    redirect_uri: str
    secret: str = ""
    basic: bool = False
    registered: bool = True


def redirect_for(document: Mapping[str, Any]) -> str:
    """The redirect that ChatGPT uses with such a server."""
    return STABLE_REDIRECT if document.get("authorization_response_iss_parameter_supported") is True else OWN_REDIRECT


def method_for(document: Mapping[str, Any]) -> str:
    """How a client that registers would prove itself at the token endpoint: without a secret where that is allowed."""
    methods = document.get("token_endpoint_auth_methods_supported")
    listed = methods if isinstance(methods, list) else ["client_secret_basic"]
    return next((m for m in ("none", "client_secret_post", "client_secret_basic") if m in listed), "none")


def registration_body(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same at each run, so that a server that compares gives the same client again."""
    return {
        "client_name": CLIENT_NAME,
        "redirect_uris": [redirect_for(document)],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method_for(document),
    }


def judge_registration(document: Mapping[str, Any], outcome: Outcome) -> tuple[Hop, KnownClient | None]:
    """Whether the server took the registration, and the client that came of it."""
    redirect = redirect_for(document)
    if isinstance(outcome, NoAnswer):
        return hop.failed("registration", *_silent("registration endpoint", outcome)), None
    if (stranger := stranger_in(outcome)) is not None:
        return hop.failed("registration", stranger.what, stranger.fix), None
    value = outcome.object() or {}
    client_id = value.get("client_id")
    if outcome.status in (200, 201) and isinstance(client_id, str) and client_id:
        secret = value.get("client_secret")
        basic = value.get("token_endpoint_auth_method") == "client_secret_basic"
        client = KnownClient(client_id, redirect, secret if isinstance(secret, str) else "", basic)
        return hop.ok("registration", f"{CLIENT_NAME} is registered with ChatGPT's redirect."), client
    error, said = value.get("error"), f" It says: {outcome.complaint}" if outcome.complaint else ""
    if error == "invalid_redirect_uri" or "redirect" in outcome.complaint.lower():
        return hop.failed(
            "registration",
            f"The server does not let a client redirect to ChatGPT ({redirect}).{said}",
            "Allow the redirect hosts chatgpt.com and, for older connections, chat.openai.com.",
        ), None
    causes = {
        401: ("The server registers only clients that have a token already (HTTP 401).", "Open registration"),
        403: ("The server refuses to register clients (HTTP 403).", "Open registration"),
        404: ("There is nothing at the registration endpoint that the metadata names (HTTP 404).", "Serve it"),
        429: ("The server takes no more registrations right now (HTTP 429).", "Wait some minutes and try again"),
    }
    what, fix = causes.get(
        outcome.status, (f"The server did not register a client: {outcome.shown}.", "Look into its log")
    )
    return hop.failed(
        "registration",
        f"{what}{said}",
        f"{fix}, or offer client metadata documents instead (client_id_metadata_document_supported).",
    ), None


def judge_authorize(client: KnownClient, first: Outcome, second: Outcome | None) -> Hop:
    """The answer to ChatGPT's authorize request; `second` is what the page it leads to at the same host answered."""
    if isinstance(first, NoAnswer):
        return hop.failed("authorize", *_silent("sign-in page", first))
    if (stranger := stranger_in(first)) is not None:
        return hop.failed("authorize", stranger.what, stranger.fix)
    if first.location:
        if first.location.split("?", 1)[0] == client.redirect_uri:
            return _sent_back(first)
        if second is None:
            return hop.ok("authorize", f"It leads on to sign in at {host_of(first.location)}.")
        return _led_on(first, second)
    if first.status == 200 and first.is_html:
        return _page(first)
    return _refused(first)


def leads_on(client: KnownClient, first: Outcome) -> str:
    """The page at the same host that the authorize request is sent on to; empty: none, or somebody else's."""
    if not isinstance(first, Answer) or not first.location:
        return ""
    to_client = first.location.split("?", 1)[0] == client.redirect_uri
    return first.location if not to_client and origin_of(first.location) == origin_of(first.url) else ""


def judge_token(client: KnownClient, outcome: Outcome) -> Hop:
    """The answer to a code that nobody gave."""
    if isinstance(outcome, NoAnswer):
        return hop.failed("token", *_silent("token endpoint", outcome))
    if (stranger := stranger_in(outcome)) is not None:
        return hop.failed("token", stranger.what, stranger.fix)
    value = outcome.object()
    said = f" It says: {outcome.complaint}" if outcome.complaint else ""
    if outcome.status == 200:
        return hop.failed(
            "token",
            "The token endpoint took a code that it never gave.",
            "Take this server off the internet until it checks codes: anybody gets in.",
        )
    if value is None or not isinstance(value.get("error"), str):
        return hop.failed(
            "token",
            f"The token endpoint does not answer as OAuth says: {outcome.shown}.{said}",
            'Errors are HTTP 400 with JSON such as {"error": "invalid_grant"} (RFC 6749 5.2); a proxy in front may '
            "have put its own page there.",
        )
    error = value["error"]
    if error == "invalid_client" and client.registered:
        return hop.failed(
            "token",
            f"The token endpoint does not know the client that registered a moment ago.{said}",
            "Keep registrations in a database that all processes share and that survives a restart: ChatGPT registers "
            "once and uses that client for ever.",
        )
    if error not in ("invalid_grant", "invalid_client"):
        return hop.failed(
            "token",
            f"A code that nobody gave is answered with {clean(error)} in place of invalid_grant.{said}",
            "ChatGPT signs in anew on invalid_grant only. Look at what the token endpoint demands: the parameters "
            "`resource` and `code_verifier` are sent as ChatGPT does.",
        )
    if "no-store" not in outcome.headers.get("cache-control", "").lower():
        return hop.warning(
            "token",
            f"It refuses properly ({clean(error)}), but without Cache-Control: no-store.",
            "Add it to each answer of the token endpoint (RFC 6749 5.1).",
        )
    return hop.ok("token", f"A made-up code is refused with {clean(error)}.")


def _sent_back(answer: Answer) -> Hop:
    query = dict(parse_qsl(urlsplit(answer.location).query))
    if "error" not in query:
        return hop.warning(
            "authorize",
            "The server gave a code at once, without asking anybody to sign in or to agree.",
            "Show a page on which the person agrees: otherwise any site can connect in their name.",
        )
    said = clean(f"{query['error']}: {query.get('error_description', '')}".rstrip(": "), 200)
    fixes = {
        "invalid_scope": "Let the scopes of the resource metadata be scopes that the authorization server knows.",
        "invalid_target": "Let the authorization server take the connector URL as resource parameter (RFC 8707).",
    }
    return hop.failed(
        "authorize",
        f"The server sends people back to ChatGPT with an error before they could sign in: {said}",
        fixes.get(query["error"], "Its log says more. The request was as ChatGPT makes it: PKCE, resource and state."),
    )


def _led_on(first: Answer, second: Outcome) -> Hop:
    if isinstance(second, NoAnswer):
        return hop.failed("authorize", *_silent("sign-in page", second))
    if (stranger := stranger_in(second)) is not None:
        return hop.failed("authorize", stranger.what, stranger.fix)
    if second.location:
        return hop.ok("authorize", f"It leads on to sign in at {host_of(second.location)}.")
    wants_cookie = "set-cookie" in first.headers and 400 <= second.status < 500 and second.is_html
    if second.status == 200:
        return _page(second)
    if wants_cookie:
        # The doctor keeps no cookies, so that nobody is asked to approve anything: the page says that it needs one.
        return _page(second, "It takes the request and wants a browser's cookie, which the doctor does not keep.")
    return _refused(second)


def _page(answer: Answer, found: str = "") -> Hop:
    if not answer.is_html:
        return _refused(answer)
    if "bundles are missing" in answer.text or 'src="/src/' in answer.text:
        return hop.failed(
            "authorize", "The page's scripts were not built.", "Build the web pages of this server, and start it again."
        )
    opener = answer.headers.get("cross-origin-opener-policy", "").partition(";")[0].strip().lower()
    if opener and opener != "unsafe-none":
        return hop.failed(
            "authorize",
            f"The sign-in page says Cross-Origin-Opener-Policy: {clean(opener)}: ChatGPT loses its window.",
            "Leave that header out on the pages of the sign-in.",
        )
    policy = answer.headers.get("content-security-policy", "").lower()
    if "frame-ancestors" not in policy and "x-frame-options" not in answer.headers:
        return hop.warning(
            "authorize",
            "The sign-in page may be put into other sites' frames, where people click without seeing it.",
            "Add Content-Security-Policy: frame-ancestors 'none' (RFC 9700 4.16).",
        )
    titled = f" titled {answer.title!r}" if answer.title else ""
    return hop.ok("authorize", found or f"A page{titled} opens.")


def _refused(answer: Answer) -> Hop:
    said = answer.complaint or answer.title
    said = f" It says: {said}" if said else ""
    if answer.status == 404:
        return hop.failed(
            "authorize",
            "There is nothing at the authorization endpoint that the metadata names (HTTP 404).",
            "Serve the sign-in page there; a proxy in front must let it through.",
        )
    if answer.status >= 500:
        return hop.failed(
            "authorize",
            f"The sign-in page failed (HTTP {answer.status}).{said}",
            "Its log says why. Pages that were not built, or a wrong app id at the sign-in provider, look like this.",
        )
    if answer.status == 200:
        return hop.failed(
            "authorize",
            f"The authorization endpoint answers with {answer.media_type or 'nothing'} and no page.{said}",
            "It must be a page for a person (HTML).",
        )
    return hop.failed(
        "authorize",
        f"The server does not take ChatGPT's request to sign in: {answer.shown}.{said}",
        f"Allow ChatGPT's redirects: {STABLE_REDIRECT} and https://chatgpt.com/connector/oauth/...",
    )


def _silent(what: str, outcome: NoAnswer) -> tuple[str, str]:
    return (
        f"The {what} at {clean(outcome.url.split('?', 1)[0], 200)} does not answer: {no_answer_words(outcome)}.",
        "Look whether that server runs and is reachable from the internet.",
    )
