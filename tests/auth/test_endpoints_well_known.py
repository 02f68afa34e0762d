"""The well-known documents: at the root and behind each app's path, equal, fresh, and strict clients accept them."""

from __future__ import annotations

from pathlib import Path

import jwt

from tests.auth.door import PUBLIC_URL, open_door

SERVER = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"
RESOURCE = "/.well-known/oauth-protected-resource"


async def test_each_document_is_at_the_root_and_behind_the_apps_path(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for path in (SERVER, OPENID, RESOURCE):
            root, suffixed = await door.get(path), await door.get(f"{path}/mcp")
            assert root.status_code == suffixed.status_code == 200
            assert root.json() == suffixed.json()
            for wrong in ("/", "/other", "/mcp/", "/mcp/more", "/MCP", "/%2e%2e/mcp"):
                assert (await door.get(path + wrong)).status_code == 404


async def test_no_url_in_a_document_comes_from_the_host_header_or_gets_a_slash(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        document = (await door.get(SERVER, origin=PUBLIC_URL)).json()
        assert document["issuer"] == PUBLIC_URL
        for name, value in document.items():
            if isinstance(value, str):
                assert value.startswith(PUBLIC_URL), name
                assert not value.endswith("/")
        for host in ("attacker.example", "home.invalid.attacker.example", "home.invalid:443", "home.invalid."):
            assert (await door.get(SERVER, host=host)).status_code == 421


async def test_the_server_says_exactly_what_it_does(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        document = (await door.get(SERVER)).json()
        assert document["code_challenge_methods_supported"] == ["S256"]
        assert document["response_types_supported"] == ["code"]
        assert document["grant_types_supported"] == ["authorization_code", "refresh_token"]
        assert document["token_endpoint_auth_methods_supported"] == ["none", "private_key_jwt"]
        assert document["authorization_response_iss_parameter_supported"] is True
        assert document["client_id_metadata_document_supported"] is True
        assert "offline_access" in document["scopes_supported"]
        # Owner sign-in yields no e-mail: what is advertised is asked for.
        assert "openid" not in document["scopes_supported"]
        for endpoint in ("token", "registration", "revocation", "introspection"):
            path = document[f"{endpoint}_endpoint"].removeprefix(door.local)
            assert (await door.get(path)).status_code == 405


async def test_the_resource_names_itself_its_server_and_its_scopes_but_not_offline_access(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        document = (await door.get(f"{RESOURCE}/mcp")).json()
        assert document["resource"] == f"{door.local}/mcp"
        assert document["authorization_servers"] == [door.local]
        assert document["scopes_supported"] == ["read", "write"]
        assert document["bearer_methods_supported"] == ["header"]


async def test_the_keys_verify_our_tokens_and_hold_no_private_part(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        keys = (await door.get("/.well-known/jwks.json")).json()
        assert all("d" not in key for key in keys["keys"])
        header = jwt.get_unverified_header(signed.access)
        assert header["typ"] == "at+jwt"
        key = next(key for key in keys["keys"] if key["kid"] == header["kid"])
        claims = jwt.decode(
            signed.access,
            jwt.PyJWK(key),
            algorithms=[header["alg"]],
            audience=signed.app.resource,
            options={"verify_exp": False, "verify_iat": False},
        )
        assert set(claims) == {"iss", "aud", "sub", "client_id", "scope", "jti", "iat", "exp", "gid"}
        assert claims["exp"] - claims["iat"] == 12 * 3600


async def test_documents_that_name_the_public_url_are_kept_by_nobody(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for path in (SERVER, OPENID, RESOURCE):
            assert (await door.get(path)).headers["cache-control"] == "no-store"
