"""Judges the demand to sign in and the metadata of the protected resource (RFC 6750 3, RFC 9728). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from homeport.doctor import hop
from homeport.doctor.answer import Answer, NoAnswer, Outcome, host_of, is_loopback, no_answer_words, origin_of
from homeport.doctor.hop import Hop
from homeport.doctor.reach import HOMEPORT_URL
from homeport.doctor.strangers import stranger_in
from homeport.foreign_text import clean

WELL_KNOWN = "/.well-known/oauth-protected-resource"

_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')

BASE_URL = (
    "Give the server its public address; it builds this text from it. "
    f"{HOMEPORT_URL} Elsewhere: BASE_URL, SERVER_BASE_URL or resource_server_url."
)


def metadata_urls(url: str) -> tuple[str, str]:
    """Where the metadata of the resource at `url` is (RFC 9728 3.1): with its path, and at the root."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return origin_of(url) + WELL_KNOWN + path, origin_of(url) + WELL_KNOWN


def challenge_of(answer: Answer) -> Mapping[str, str]:
    """The parameters of its Bearer challenge; empty where there is none."""
    value = answer.headers.get("www-authenticate", "")
    start = re.search(r"(?i)(?:^|,\s*)bearer(?:\s|$)", value)
    if start is None:
        return {}
    found = {"": "Bearer"}
    for name, quoted, plain in _PARAMETER.findall(value[start.end() :]):
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or plain)
    return found


def judge_challenge(url: str, answer: Answer) -> Hop:
    """The 401 itself. Where it names no metadata, clients guess its place: that is no failure yet."""
    challenge = challenge_of(answer)
    if not challenge:
        return hop.failed(
            "challenge",
            "The server says 401 without `WWW-Authenticate: Bearer`: ChatGPT does not learn that it should sign in.",
            'Send WWW-Authenticate: Bearer resource_metadata="https://HOST/.well-known/oauth-protected-resource/PATH" '
            "with each 401 (RFC 9728 5.1). A proxy in front may have removed it.",
        )
    place = challenge.get("resource_metadata", "")
    if not place:
        return hop.warning(
            "challenge",
            "The 401 does not name its metadata (resource_metadata); ChatGPT looks at the well-known places instead.",
            "Add resource_metadata to WWW-Authenticate (RFC 9728 5.1).",
        )
    here, there = origin_of(url), origin_of(place)
    if there != here:
        return hop.failed(
            "challenge",
            f"The 401 sends ChatGPT to {clean(there or place, 100)} for the metadata, and not to {here}: the server "
            "believes that it has another address.",
            BASE_URL,
        )
    return hop.ok("challenge", f"It asks to sign in and names {clean(place, 200)}")


def judge_resource_metadata(outcomes: Mapping[str, Outcome]) -> tuple[Hop, dict[str, Any] | None]:
    """The metadata among the places it was looked for, the best place first, and the document itself."""
    for place, outcome in outcomes.items():
        if isinstance(outcome, Answer) and outcome.status == 200 and (document := outcome.object()) is not None:
            return _judge_document(place, document, outcomes), document
    place, outcome = next(iter(outcomes.items()))
    where = " or ".join(clean(each, 200) for each in outcomes)
    fix = (
        "Serve the metadata of RFC 9728 as JSON at /.well-known/oauth-protected-resource, followed by the path of the "
        "MCP server; a proxy in front must let /.well-known/ through."
    )
    if isinstance(outcome, NoAnswer):
        return hop.failed("resource-metadata", f"{where}: {no_answer_words(outcome)}.", fix), None
    if (stranger := stranger_in(outcome)) is not None:
        return hop.failed("resource-metadata", stranger.what, stranger.fix), None
    return hop.failed("resource-metadata", f"No metadata at {where}: {outcome.shown}.", fix), None


def judge_resource(url: str, documents: Mapping[str, dict[str, Any]]) -> Hop:
    """Whether the resource is the address asked. ChatGPT sends what is written there and nothing else (RFC 8707)."""
    for place, document in documents.items():
        resource = document.get("resource")
        if same_resource(str(resource), url):
            continue
        at_root = place.endswith(WELL_KNOWN) and len(documents) > 1
        if at_root and isinstance(resource, str) and same_resource(resource, origin_of(url)):
            continue  # The root's own document may speak of the root (RFC 9728 3.1).
        if not isinstance(resource, str):
            return hop.failed(
                "resource",
                "The metadata has no `resource`.",
                f'It must be the connector URL: "resource": "{clean(url, 200)}"',
            )
        return hop.failed("resource", *_other_resource(url, resource))
    return hop.ok("resource", clean(url, 200))


def same_resource(one: str, other: str) -> bool:
    """Equal but for the case of scheme and host, and the slash of an empty path (RFC 3986 6.2.3)."""

    def normal(url: str) -> str:
        origin = origin_of(url)
        try:
            path = urlsplit(url)
        except ValueError:
            return url
        rest = (
            (path.path or "/") + (f"?{path.query}" if path.query else "") + (f"#{path.fragment}" * bool(path.fragment))
        )
        return origin + rest if origin else url

    return normal(one) == normal(other)


def _other_resource(url: str, resource: str) -> tuple[str, str]:
    said = f"The metadata says that the resource is {clean(resource, 200)}, but you asked {clean(url, 200)}"
    if origin_of(resource) != origin_of(url):
        return f"{said}: another host. Tokens would be for that one.", BASE_URL
    if resource.rstrip("/") == url.rstrip("/"):
        return (
            f"{said}: they differ by the slash at the end.",
            f"Paste {clean(resource, 200)} into ChatGPT, or let the server say the address without that difference.",
        )
    return (
        f"{said}: another path. ChatGPT's tokens would not be for the address that it calls.",
        f"Let the server name its whole connector URL as resource, or paste {clean(resource, 200)} if that is it.",
    )


def _judge_document(place: str, document: Mapping[str, Any], outcomes: Mapping[str, Outcome]) -> Hop:
    servers = document.get("authorization_servers")
    if not isinstance(servers, list) or not servers or not all(isinstance(each, str) for each in servers):
        return hop.failed(
            "resource-metadata",
            f"{clean(place, 200)} names no authorization server.",
            'Add "authorization_servers": ["https://..."] with the issuer that people sign in at.',
        )
    issuer = servers[0]
    if not origin_of(issuer) or (not issuer.startswith("https://") and not _both_here(issuer, place)):
        return hop.failed(
            "resource-metadata",
            f"The authorization server is {clean(issuer, 200)}, which ChatGPT cannot reach: it must be https.",
            BASE_URL,
        )
    if is_loopback(host_of(issuer)) and not is_loopback(host_of(place)):
        return hop.failed(
            "resource-metadata",
            f"The authorization server is {clean(issuer, 200)}: that is only this computer's own name.",
            BASE_URL,
        )
    missed = next(iter(outcomes)) != place
    if missed:
        return hop.warning(
            "resource-metadata",
            f"Found at {clean(place, 200)}, but not where it was looked for first, {clean(next(iter(outcomes)), 200)}.",
            "Serve it with the path of the MCP server, too: some clients look nowhere else (RFC 9728 3.1).",
        )
    return hop.ok("resource-metadata", f"{clean(place, 200)} names {clean(issuer, 200)}")


def _both_here(issuer: str, place: str) -> bool:
    return is_loopback(host_of(issuer)) and is_loopback(host_of(place))
