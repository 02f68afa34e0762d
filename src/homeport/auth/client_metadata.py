"""Reads what a client says of itself, in a document (CIMD) or a registration (RFC 7591). Pure: no I/O, no store."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from homeport.auth.client import OUR_AUTH_METHODS, AuthMethod
from homeport.auth.document_url import DocumentUrl, NotADocumentUrl, parse_document_url
from homeport.auth.errors import InvalidClientMetadata, InvalidRedirectUri
from homeport.auth.redirects import validate_redirect_uri
from homeport.foreign_text import clean

MAX_REDIRECT_URIS = 32
MAX_DOCUMENT_REDIRECT_URIS = 100
MAX_KEYS = 16
UNNAMED = "An app without a name"

# RFC 7517 4 and 7518 6: the members of a public key that are kept, and those that only private or symmetric keys have.
_PUBLIC_KEY_MEMBERS = ("kty", "crv", "x", "y", "n", "e", "kid", "alg", "use")
_SECRET_KEY_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class Metadata:
    """All that is kept of what a client says of itself; `name` is cleaned, members we do not use are left out."""

    name: str
    redirect_uris: tuple[str, ...]
    auth_methods: frozenset[AuthMethod]
    jwks_uri: str | None = None
    jwks: Mapping[str, Any] | None = None


def read_document(url: DocumentUrl, document: object) -> Metadata:
    """The metadata in a document that `url` answered with. Raises InvalidClientMetadata or InvalidRedirectUri.

    Source: OAuth Client ID Metadata Document 4: `client_id` is the document's own URL as a string, no shared secret in
    it and no method that needs one. `token_endpoint_auth_methods_supported` goes before the older single preference.
    """
    if not isinstance(document, dict):
        raise InvalidClientMetadata("The document is not a JSON object.")
    document = _given(document)
    if document.get("client_id") != url.text:
        raise InvalidClientMetadata("client_id is not the URL of the document.")
    if "client_secret" in document or "client_secret_expires_at" in document:
        raise InvalidClientMetadata("The document holds a client secret.")
    if not isinstance(document.get("client_name"), str) or not clean(document["client_name"]):
        raise InvalidClientMetadata("client_name is missing.")
    jwks_uri, jwks = _read_keys(document)
    if jwks_uri is not None and parse_document_url(jwks_uri).host != url.host:
        raise InvalidClientMetadata("jwks_uri is not on the origin of the document.")
    _read_types(document)
    methods = _read_document_methods(document)
    if jwks_uri is None and jwks is None:
        methods -= {"private_key_jwt"}
    if not methods:
        raise InvalidClientMetadata("The client supports neither none nor private_key_jwt with keys.")
    return Metadata(
        name=clean(document["client_name"]),
        redirect_uris=_read_document_redirect_uris(document),
        auth_methods=methods,
        jwks_uri=jwks_uri,
        jwks=jwks,
    )


def read_registration(body: Mapping[str, Any]) -> Metadata:
    """The metadata in a registration request. Raises InvalidClientMetadata or InvalidRedirectUri (RFC 7591 2, 3.2.2).

    Whoever asks for a shared secret, or for nothing, gets `none`; `private_key_jwt` needs keys. Unknown members are
    ignored, as RFC 7591 2 demands.
    """
    body = _given(body)
    name = body.get("client_name", "")
    if not isinstance(name, str):
        raise InvalidClientMetadata("client_name must be a string.")
    method = body.get("token_endpoint_auth_method", "none")
    if not isinstance(method, str):
        raise InvalidClientMetadata("token_endpoint_auth_method must be a string.")
    redirect_uris = _read_redirect_uris(body)
    _read_types(body)
    jwks_uri, jwks = _read_keys(body)
    if method != "private_key_jwt" or (jwks_uri is None and jwks is None):
        # A public client's keys would never be used: not storing them keeps one client one registration.
        return Metadata(name=clean(name), redirect_uris=redirect_uris, auth_methods=frozenset({"none"}))
    return Metadata(
        name=clean(name),
        redirect_uris=redirect_uris,
        auth_methods=frozenset({"private_key_jwt"}),
        jwks_uri=jwks_uri,
        jwks=jwks,
    )


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    """Some clients write null for what they leave out."""
    return {member: value for member, value in members.items() if value is not None}


def _read_redirect_uris(members: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(validate_redirect_uri(uri) for uri in _redirect_list(members, MAX_REDIRECT_URIS)))


def _read_document_redirect_uris(document: Mapping[str, Any]) -> tuple[str, ...]:
    """One document serves every server in the world, so those of its URIs that are no use here are left out; a
    registration is for us alone and is refused instead. Either way such a URI never matches."""
    usable: list[str] = []
    for uri in _redirect_list(document, MAX_DOCUMENT_REDIRECT_URIS):
        with suppress(InvalidRedirectUri):
            usable.append(validate_redirect_uri(uri))
    if not usable:
        raise InvalidRedirectUri("redirect_uris has no https or loopback URI.")
    return tuple(dict.fromkeys(usable))


def _redirect_list(members: Mapping[str, Any], limit: int) -> list[Any]:
    uris = members.get("redirect_uris")
    if not isinstance(uris, list) or not uris:
        raise InvalidRedirectUri("redirect_uris must be a list with at least one URI.")
    if len(uris) > limit:
        raise InvalidRedirectUri(f"redirect_uris has more than {limit} entries.")
    return uris


def _read_types(members: Mapping[str, Any]) -> None:
    """RFC 7591 2.1: the grant and response types must fit each other; here that is the code flow alone."""
    for member, needed in (("grant_types", "authorization_code"), ("response_types", "code")):
        if needed not in _strings(members, member, default=[needed]):
            raise InvalidClientMetadata(f"{member} must contain {needed}.")


def _read_document_methods(document: Mapping[str, Any]) -> frozenset[AuthMethod]:
    single = document.get("token_endpoint_auth_method", "none")
    if not isinstance(single, str):
        raise InvalidClientMetadata("token_endpoint_auth_method must be a string.")
    supported = _strings(document, "token_endpoint_auth_methods_supported", default=[single])
    return frozenset(method for method in OUR_AUTH_METHODS if method in supported)


def _read_keys(members: Mapping[str, Any]) -> tuple[str | None, dict[str, Any] | None]:
    """`jwks_uri` and `jwks`: at most one of them (RFC 7591 2), fetchable, and public keys only."""
    jwks_uri, jwks = members.get("jwks_uri"), members.get("jwks")
    if jwks_uri is not None and jwks is not None:
        raise InvalidClientMetadata("jwks_uri and jwks exclude each other.")
    if jwks_uri is not None:
        try:
            parse_document_url(jwks_uri if isinstance(jwks_uri, str) else "")
        except NotADocumentUrl as error:
            raise InvalidClientMetadata("jwks_uri must be a plain https URL.") from error
        return jwks_uri, None
    return None, None if jwks is None else _read_jwks(jwks)


def _read_jwks(jwks: object) -> dict[str, Any]:
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not 0 < len(keys) <= MAX_KEYS or not all(isinstance(key, dict) for key in keys):
        raise InvalidClientMetadata(f"jwks must hold 1 to {MAX_KEYS} keys.")
    for key in keys:
        if key.get("kty") not in ("EC", "RSA") or _SECRET_KEY_MEMBERS & key.keys():
            raise InvalidClientMetadata("jwks must hold public EC or RSA keys only.")
    return {"keys": [{m: key[m] for m in _PUBLIC_KEY_MEMBERS if isinstance(key.get(m), str)} for key in keys]}


def _strings(members: Mapping[str, Any], member: str, *, default: list[str]) -> list[str]:
    value = members.get(member, default)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidClientMetadata(f"{member} must be a list of strings.")
    return value
