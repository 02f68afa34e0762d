"""Judges the metadata of the authorization server (RFC 8414, OpenID Connect Discovery) and what ChatGPT needs of it.
Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from homeport.doctor import hop
from homeport.doctor.answer import Answer, NoAnswer, Outcome, host_of, is_loopback, no_answer_words, origin_of
from homeport.doctor.challenge import BASE_URL
from homeport.doctor.hop import Hop
from homeport.doctor.strangers import stranger_in
from homeport.foreign_text import clean

_RFC8414 = "/.well-known/oauth-authorization-server"
_OPENID = "/.well-known/openid-configuration"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "registration_endpoint")


def metadata_urls(issuer: str) -> tuple[str, ...]:
    """Where clients look for an issuer's metadata, in their order (RFC 8414 3.1, OpenID Connect Discovery 4)."""
    origin, path = origin_of(issuer), urlsplit(issuer).path.rstrip("/")
    if not path:
        return origin + _RFC8414, origin + _OPENID
    return origin + _RFC8414 + path, origin + _OPENID + path, origin + path + _OPENID


def judge_server_metadata(issuer: str, outcomes: Mapping[str, Outcome]) -> tuple[Hop, dict[str, Any] | None]:
    """The first document among the places it was looked for, and whether its endpoints can be used."""
    for place, outcome in outcomes.items():
        if isinstance(outcome, Answer) and outcome.status == 200 and (document := outcome.object()) is not None:
            return _judge_endpoints(place, issuer, document), document
    place, outcome = next(iter(outcomes.items()))
    fix = f"Serve the metadata of RFC 8414 as JSON at {clean(place, 200)}; a proxy in front must let that path through."
    if isinstance(outcome, NoAnswer):
        return hop.failed(
            "server-metadata", f"{clean(place, 200)}: {no_answer_words(outcome)}.", f"{fix} The server may be down."
        ), None
    if (stranger := stranger_in(outcome)) is not None:
        return hop.failed("server-metadata", stranger.what, stranger.fix), None
    return hop.failed("server-metadata", f"No metadata at {clean(place, 200)}: {outcome.shown}.", fix), None


def judge_issuer(issuer: str, document: Mapping[str, Any]) -> Hop:
    """Byte for byte: RFC 8414 3.3, RFC 9207 2.4. A slash at the end is enough to be another one."""
    said = document.get("issuer")
    if said == issuer:
        return hop.ok("issuer", clean(issuer, 200))
    if not isinstance(said, str):
        return hop.failed(
            "issuer",
            "The metadata of the authorization server has no `issuer`.",
            f'Add "issuer": "{clean(issuer, 200)}"',
        )
    shown = f"The resource sends people to the issuer {clean(issuer, 200)}, which calls itself {clean(said, 200)}"
    if said.rstrip("/") == issuer.rstrip("/"):
        return hop.failed(
            "issuer",
            f"{shown}: they differ by the slash at the end, and ChatGPT compares byte for byte.",
            "Write both the same, best without the slash. (Pydantic's AnyHttpUrl adds one to a bare host.)",
        )
    return hop.failed("issuer", f"{shown}. ChatGPT refuses that.", f"Write both the same. {BASE_URL}")


def judge_pkce(document: Mapping[str, Any]) -> Hop:
    methods = _texts(document, "code_challenge_methods_supported")
    if "S256" in methods:
        return hop.ok("pkce", "S256 is supported.")
    said = f"only {', '.join(map(clean, methods))}" if methods else "nothing about it"
    return hop.failed(
        "pkce",
        f"The metadata says {said}; ChatGPT does not sign in without PKCE by S256.",
        'Add "code_challenge_methods_supported": ["S256"] (RFC 7636), and demand it.',
    )


def judge_cimd(document: Mapping[str, Any]) -> Hop:
    """Whether ChatGPT can name itself by its metadata document."""
    if document.get("client_id_metadata_document_supported") is not True:
        return hop.skipped("cimd", "Not offered: ChatGPT registers itself instead.")
    methods = _texts(document, "token_endpoint_auth_methods_supported")
    if not {"none", "private_key_jwt"} & set(methods):
        listed = ", ".join(map(clean, methods)) or "client_secret_basic, by default"
        return hop.failed(
            "cimd",
            f"Clients may name themselves by a document, but the token endpoint takes {listed} only, and such a client "
            "has no secret.",
            'Add "none" or "private_key_jwt" to token_endpoint_auth_methods_supported.',
        )
    if document.get("authorization_response_iss_parameter_supported") is not True:
        return hop.ok("cimd", "Offered. Without `iss` in answers ChatGPT uses another document for each connection.")
    return hop.ok("cimd", "Offered: ChatGPT names itself as https://chatgpt.com/oauth/client.json")


def can_register(document: Mapping[str, Any]) -> Hop | None:
    """What is wrong with registering before anybody tried; None: it can be tried."""
    if isinstance(document.get("registration_endpoint"), str):
        return None
    if document.get("client_id_metadata_document_supported") is True:
        return hop.skipped("registration", "Not offered and not needed: clients name themselves by a document.")
    return hop.failed(
        "registration",
        "The authorization server takes neither client metadata documents nor registrations: ChatGPT is unknown to it.",
        "Turn on one of the two (client_id_metadata_document_supported or registration_endpoint), or create a client "
        "by hand and type its id and secret into ChatGPT's form.",
    )


def _judge_endpoints(place: str, issuer: str, document: Mapping[str, Any]) -> Hop:
    for name in _ENDPOINTS:
        value = document.get(name)
        if value is None and name == "registration_endpoint":
            continue
        if not isinstance(value, str) or not origin_of(value):
            return hop.failed(
                "server-metadata",
                f"{clean(place, 200)} has no usable {name}.",
                "Add it, as a whole https address (RFC 8414 2).",
            )
        if is_loopback(host_of(value)) and not is_loopback(host_of(place)):
            return hop.failed(
                "server-metadata",
                f"The {name} is {clean(value, 200)}: a name that only that computer itself can reach.",
                BASE_URL,
            )
        if not value.startswith("https://") and not is_loopback(host_of(value)):
            return hop.failed("server-metadata", f"The {name} is {clean(value, 200)}, without https.", BASE_URL)
    responses = document.get("response_types_supported")
    if isinstance(responses, list) and "code" not in responses:
        return hop.failed(
            "server-metadata",
            "The authorization server does not offer the response type `code`.",
            'Add "code" to response_types_supported.',
        )
    return hop.ok("server-metadata", f"{clean(place, 200)}")


def _texts(document: Mapping[str, Any], name: str) -> list[str]:
    value = document.get(name)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
