"""The documents and challenges as data: what is advertised is what is done."""

from __future__ import annotations

from homeport.auth.challenges import insufficient_scope, invalid_token
from homeport.auth.metadata import authorization_server, openid_configuration, protected_resource
from homeport.origins import Origin

ORIGIN = Origin("https://home.example", local=False)


def test_identity_is_advertised_only_where_sign_in_yields_it() -> None:
    without, with_identity = (authorization_server(ORIGIN, offers_identity=offers) for offers in (False, True))
    assert "openid" not in without["scopes_supported"]
    assert "userinfo_endpoint" not in without
    assert {"openid", "email"} <= set(with_identity["scopes_supported"])
    assert with_identity["userinfo_endpoint"] == "https://home.example/userinfo"


def test_the_openid_document_is_the_server_document_and_more() -> None:
    server = authorization_server(ORIGIN, offers_identity=False)
    document = openid_configuration(ORIGIN, offers_identity=False, algorithm="RS256")
    assert {name: document[name] for name in server} == server
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]
    assert document["subject_types_supported"] == ["public"]


def test_no_shared_secret_is_ever_offered() -> None:
    document = authorization_server(ORIGIN, offers_identity=True)
    for endpoint in ("token", "revocation"):
        assert document[f"{endpoint}_endpoint_auth_methods_supported"] == ["none", "private_key_jwt"]
    assert document["introspection_endpoint_auth_methods_supported"] == ["private_key_jwt"]


def test_a_resource_is_origin_and_path_byte_for_byte() -> None:
    document = protected_resource(ORIGIN, "/mcp", name="App", needed=["write", "read"])
    assert document["resource"] == "https://home.example/mcp"
    assert document["scopes_supported"] == ["read", "write"]


def test_a_challenge_is_one_line_of_quoted_fields() -> None:
    missing = invalid_token(ORIGIN, "/mcp", ["write", "read"], "Sign in.")
    assert missing.status == 401
    assert missing.www_authenticate == (
        'Bearer resource_metadata="https://home.example/.well-known/oauth-protected-resource/mcp", '
        'error="invalid_token", error_description="Sign in.", scope="read write"'
    )
    more = insufficient_scope(ORIGIN, "/mcp", ["publish", "write"])
    assert (more.status, more.error) == (403, "insufficient_scope")
    assert 'scope="write publish"' in more.www_authenticate
