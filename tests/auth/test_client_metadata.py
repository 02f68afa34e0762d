"""What a client metadata document must say, and what is made of it."""

from __future__ import annotations

from typing import Any

import pytest

from homeport.auth.client_metadata import MAX_DOCUMENT_REDIRECT_URIS, Metadata, read_document
from homeport.auth.document_url import parse_document_url
from homeport.auth.errors import InvalidClientMetadata, InvalidRedirectUri

URL = "https://client.example/app.json"
KEY = {"kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ", "kid": "1", "alg": "ES256", "use": "sig"}


def a_document(**members: Any) -> dict[str, Any]:
    base = {"client_id": URL, "client_name": "Some app", "redirect_uris": ["https://client.example/cb"]}
    return {name: value for name, value in {**base, **members}.items() if value is not ...}


def read(url: str = URL, **members: Any) -> Metadata:
    return read_document(parse_document_url(url), a_document(**members))


CHATGPT = {
    "client_uri": "https://chatgpt.com/",
    "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "client_name": "ChatGPT",
    "logo_uri": "https://persistent.oaistatic.com/sonic/misc/openai-logo.png",
    "token_endpoint_auth_signing_alg": "RS256",
    "jwks_uri": "https://chatgpt.com/oauth/jwks.json",
}
CLAUDE = {
    "client_name": "Claude",
    "client_uri": "https://claude.ai",
    "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
    "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}
CLAUDE_CODE = {
    "client_name": "Claude Code",
    "client_uri": "https://claude.ai",
    "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}


@pytest.mark.parametrize(
    ("url", "document", "methods"),
    [
        ("https://chatgpt.com/oauth/client.json", CHATGPT, {"none", "private_key_jwt"}),
        ("https://chatgpt.com/oauth/AVY7bkwkV--3/client.json", CHATGPT, {"none", "private_key_jwt"}),
        ("https://claude.ai/oauth/mcp-oauth-client-metadata", CLAUDE, {"none"}),
        ("https://claude.ai/oauth/claude-code-client-metadata", CLAUDE_CODE, {"none"}),
    ],
)
def test_the_documents_of_chatgpt_and_claude_are_understood(
    url: str, document: dict[str, Any], methods: set[str]
) -> None:
    metadata = read_document(parse_document_url(url), {**document, "client_id": url})
    assert metadata.name == document["client_name"]
    assert list(metadata.redirect_uris) == document["redirect_uris"]
    assert metadata.auth_methods == methods
    assert metadata.jwks_uri == document.get("jwks_uri")


@pytest.mark.parametrize(
    "client_id",
    [
        ...,
        None,
        1,
        "",
        URL + "/",
        URL + "?",
        URL.upper(),
        "https://client.example:443/app.json",
        "https://client.example/./app.json",
        "https://other.example/app.json",
        [URL],
    ],
)
def test_client_id_is_the_documents_url_byte_for_byte(client_id: Any) -> None:
    with pytest.raises(InvalidClientMetadata):
        read(client_id=client_id)


@pytest.mark.parametrize("document", [None, [], "text", 1, True, [{"client_id": URL}]])
def test_a_document_is_an_object(document: object) -> None:
    with pytest.raises(InvalidClientMetadata):
        read_document(parse_document_url(URL), document)


@pytest.mark.parametrize("name", [..., None, 1, "", "   ", "\u200b\u202e", ["a"]])
def test_a_document_must_have_a_name_that_can_be_shown(name: Any) -> None:
    with pytest.raises(InvalidClientMetadata):
        read(client_name=name)


@pytest.mark.parametrize("uris", [..., None, [], "https://client.example/cb", {}, [1], ["javascript:alert(1)"]])
def test_a_document_must_have_a_redirect_uri_we_can_use(uris: Any) -> None:
    with pytest.raises(InvalidRedirectUri):
        read(redirect_uris=uris)


def test_redirect_uris_that_are_of_no_use_here_are_left_out_of_a_document() -> None:
    uris = ["javascript:alert(1)", "app://cb", "https://client.example/cb", "https://client.example/cb", 7]
    assert read(redirect_uris=uris).redirect_uris == ("https://client.example/cb",)


def test_a_document_names_at_most_so_many_redirect_uris() -> None:
    with pytest.raises(InvalidRedirectUri):
        read(redirect_uris=[f"https://client.example/{n}" for n in range(MAX_DOCUMENT_REDIRECT_URIS + 1)])


@pytest.mark.parametrize("secret", [{"client_secret": "s"}, {"client_secret": ""}, {"client_secret_expires_at": 0}])
def test_a_document_with_a_secret_is_refused(secret: dict[str, Any]) -> None:
    with pytest.raises(InvalidClientMetadata):
        read(**secret)


@pytest.mark.parametrize(
    ("members", "methods"),
    [
        ({}, {"none"}),
        ({"token_endpoint_auth_method": "none"}, {"none"}),
        ({"token_endpoint_auth_method": "private_key_jwt"}, {"private_key_jwt"}),
        ({"token_endpoint_auth_methods_supported": ["none", "private_key_jwt"]}, {"none", "private_key_jwt"}),
        (
            {
                "token_endpoint_auth_method": "private_key_jwt",
                "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            },
            {"none", "private_key_jwt"},
        ),
        (
            {"token_endpoint_auth_method": "none", "token_endpoint_auth_methods_supported": ["private_key_jwt"]},
            {"private_key_jwt"},
        ),
        ({"token_endpoint_auth_methods_supported": ["client_secret_basic", "none"]}, {"none"}),
        ({"token_endpoint_auth_methods_supported": ["tls_client_auth", "private_key_jwt"]}, {"private_key_jwt"}),
        ({"token_endpoint_auth_method": "client_secret_post"}, None),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, None),
        ({"token_endpoint_auth_methods_supported": []}, None),
        ({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}, None),
        ({"token_endpoint_auth_methods_supported": "none"}, None),
        ({"token_endpoint_auth_methods_supported": [["none"]]}, None),
        ({"token_endpoint_auth_method": ["none"]}, None),
    ],
)
def test_the_methods_are_those_that_both_sides_support(members: dict[str, Any], methods: set[str] | None) -> None:
    jwks_uri = "https://client.example/jwks.json"
    if methods is None:
        with pytest.raises(InvalidClientMetadata):
            read(jwks_uri=jwks_uri, **members)
    else:
        assert read(jwks_uri=jwks_uri, **members).auth_methods == methods


def test_private_key_jwt_without_keys_is_not_offered() -> None:
    assert read(token_endpoint_auth_methods_supported=["none", "private_key_jwt"]).auth_methods == {"none"}
    with pytest.raises(InvalidClientMetadata):
        read(token_endpoint_auth_method="private_key_jwt")


@pytest.mark.parametrize(
    "jwks_uri",
    [
        "https://other.example/jwks.json",
        "https://keys.client.example/jwks.json",
        "https://client.example.evil.example/jwks.json",
        "https://client.example:8443/jwks.json",
        "https://client.example@other.example/jwks.json",
        "http://client.example/jwks.json",
        "https://client.example/../jwks.json",
        "/jwks.json",
        "",
        1,
        ["https://client.example/jwks.json"],
    ],
)
def test_jwks_uri_shares_the_origin_of_the_document(jwks_uri: Any) -> None:
    with pytest.raises(InvalidClientMetadata):
        read(jwks_uri=jwks_uri)


def test_inline_keys_are_kept_without_members_nobody_needs() -> None:
    metadata = read(
        token_endpoint_auth_method="private_key_jwt", jwks={"keys": [{**KEY, "x5c": ["a"], "n": 7}], "z": 1}
    )
    assert metadata.jwks == {"keys": [KEY]}
    assert metadata.auth_methods == {"private_key_jwt"}


@pytest.mark.parametrize(
    "jwks",
    [
        [],
        {},
        {"keys": []},
        {"keys": KEY},
        {"keys": ["x"]},
        {"keys": [{**KEY, "d": "private"}]},
        {"keys": [{"kty": "RSA", "n": "a", "e": "AQAB", "p": "x"}]},
        {"keys": [{"kty": "oct", "k": "secret"}]},
        {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "a"}]},
        {"keys": [KEY] * 17},
    ],
)
def test_inline_keys_are_public_keys_of_our_kinds_only(jwks: Any) -> None:
    with pytest.raises(InvalidClientMetadata):
        read(jwks=jwks)


def test_keys_come_from_one_place_only() -> None:
    with pytest.raises(InvalidClientMetadata):
        read(jwks_uri="https://client.example/jwks.json", jwks={"keys": [KEY]})


@pytest.mark.parametrize("types", [{"grant_types": ["implicit"]}, {"response_types": ["token"]}, {"grant_types": "x"}])
def test_a_client_that_cannot_do_the_code_flow_is_refused(types: dict[str, Any]) -> None:
    with pytest.raises(InvalidClientMetadata):
        read(**types)


def test_a_hostile_name_is_harmless_once_read() -> None:
    name = "\u202e<script>alert(1)</script>\x1b[31m\u200b" + "A" * 10_000
    shown = read(client_name=name).name
    assert len(shown) <= 64
    assert shown.startswith("<script>alert(1)</script>[31mAAA")
    assert shown.isprintable()
