"""How a client proves itself: `none`, or an assertion signed with a key of its own."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from homeport.auth.errors import InvalidClient, TemporarilyUnavailable
from homeport.keys.jwk import public_jwk
from tests.auth.desk import CLIENT, JWKS, desk, ec_key, encode, jwk_of, key_set, rsa_key
from tests.auth.outside import document, response


async def test_a_client_signs_with_es256(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        found = await at.present(at.sign())
        assert (found.client.client_id, found.method) == (CLIENT, "private_key_jwt")


async def test_a_client_signs_with_rs256(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert (await at.present(at.sign(key=rsa_key(2048), alg="RS256"))).method == "private_key_jwt"


async def test_a_registered_client_signs_with_the_key_it_registered(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        body = {
            "redirect_uris": ["https://chatgpt.com/cb"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [public_jwk(ec_key().public_key())]},
        }
        client_id = (await at.house.clients.register(body))["client_id"]
        await at.house.approve(client_id)
        assertion = jwt.encode(at.claims(iss=client_id, sub=client_id), ec_key(), algorithm="ES256")
        assert (await at.present(assertion, client_id=client_id)).client.client_id == client_id
        with pytest.raises(InvalidClient):
            await at.authenticate({"client_id": client_id})


async def test_client_id_may_be_left_out_beside_an_assertion_but_not_differ(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assert (await at.present(at.sign(), client_id=None)).client.client_id == CLIENT
        for other in ("https://client.example/other.json", "chatgpt-connector", "", CLIENT + "/"):
            with pytest.raises(InvalidClient):
                await at.present(at.sign(jti=f"j{other}"), client_id=other)


async def test_a_public_client_says_who_it_is(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        found = await at.authenticate({"client_id": CLIENT})
        assert (found.client.client_id, found.method, found.use) == (CLIENT, "none", None)
        assert await at.house.count("assertion_ids") == 0


@pytest.mark.parametrize("form", [{}, {"client_id": ""}, {"client_id": "nobody"}, {"client_id": "\x00"}])
async def test_who_is_not_known_is_refused(tmp_path: Path, form: dict[str, str]) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.authenticate(form)


async def test_methods_a_client_did_not_register_are_refused(tmp_path: Path) -> None:
    async with desk(tmp_path, token_endpoint_auth_methods_supported=["private_key_jwt"]) as at:
        with pytest.raises(InvalidClient):
            await at.authenticate({"client_id": CLIENT})
        await at.present(at.sign())
    (tmp_path / "two").mkdir()
    async with desk(tmp_path / "two", token_endpoint_auth_methods_supported=["none"]) as at:
        with pytest.raises(InvalidClient):
            await at.present(at.sign())


@pytest.mark.parametrize("authorization", ["Basic Y2xpZW50OnNlY3JldA==", "basic x", "Bearer x", "Basic", ""])
async def test_an_authorization_header_is_refused(tmp_path: Path, authorization: str) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient) as caught:
            await at.authenticate({"client_id": CLIENT}, authorization=authorization)
        assert caught.value.status == 401
        basic = authorization.lower().startswith("basic")
        assert ("WWW-Authenticate" in caught.value.headers) is basic


@pytest.mark.parametrize("secret", ["s", ""])
async def test_a_client_secret_is_refused_even_beside_a_good_assertion(tmp_path: Path, secret: str) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(at.sign(), client_secret=secret)


@pytest.mark.parametrize("kind", [None, "", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "jwt-bearer"])
async def test_the_assertion_type_is_the_one_of_rfc_7523(tmp_path: Path, kind: str | None) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(at.sign(), client_assertion_type=kind)
        with pytest.raises(InvalidClient):
            await at.present(None)


@pytest.mark.parametrize("alg", ["HS256", "none", "PS256", "RS384", "RS512", "ES384", "EdDSA", "es256", ""])
async def test_only_rs256_and_es256_count(tmp_path: Path, alg: str) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(encode(at.claims(), header={"alg": alg, "kid": "ec"}))


async def test_no_signature_or_a_public_key_as_a_shared_secret_proves_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(encode(at.claims(), header={"alg": "none"}).rpartition(".")[0] + ".")
        signed = encode(at.claims(), header={"alg": "HS256", "kid": "rsa"}).rpartition(".")[0]
        public = rsa_key(2048).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        mac = base64.urlsafe_b64encode(hmac.digest(public, signed.encode(), "sha256")).rstrip(b"=").decode()
        with pytest.raises(InvalidClient):
            await at.present(f"{signed}.{mac}")
        unsigned = at.sign().rpartition(".")[0] + "."
        with pytest.raises(InvalidClient):
            await at.present(unsigned)


async def test_a_key_of_somebody_else_proves_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(at.sign(key=ec.generate_private_key(ec.SECP256R1())))
        with pytest.raises(InvalidClient):
            await at.present(at.sign(header={"kid": "unknown"}))
        with pytest.raises(InvalidClient):
            await at.present(at.sign(header={"kid": "rsa"}))


async def test_a_key_in_the_assertion_itself_is_not_looked_at(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        mine = ec.generate_private_key(ec.SECP256R1())
        for header in ({"jwk": jwk_of(mine, "ec", "ES256")}, {"jku": "https://other.example/jwks.json"}):
            with pytest.raises(InvalidClient):
                await at.present(at.sign(key=mine, header=header))
        assert "other.example" not in at.house.web.resolved


@pytest.mark.parametrize("bits", [1024, 2047])
async def test_a_short_rsa_key_proves_nothing(tmp_path: Path, bits: int) -> None:
    async with desk(tmp_path) as at:
        at.house.web.answers[JWKS] = document({"keys": [jwk_of(rsa_key(bits), "rsa", "RS256")]})
        with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
            assertion = at.sign(key=rsa_key(bits), alg="RS256")
        with pytest.raises(InvalidClient):
            await at.present(assertion)


async def test_a_short_or_foreign_inline_key_proves_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        curve = jwk_of(ec_key(ec.SECP384R1), "1", "ES384")
        for jwk in (jwk_of(rsa_key(1024), "1", "RS256"), {**curve, "alg": "ES256"}, {"kty": "EC", "kid": "1"}):
            body = {
                "client_name": json.dumps(jwk)[:40],
                "redirect_uris": ["https://chatgpt.com/cb"],
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks": {"keys": [jwk]},
            }
            client_id = (await at.house.clients.register(body))["client_id"]
            await at.house.approve(client_id)
            alg = "RS256" if jwk["kty"] == "RSA" else "ES256"
            header = {"alg": alg, "kid": "1"}
            assertion = encode(at.claims(iss=client_id, sub=client_id), header=header)
            with pytest.raises(InvalidClient):
                await at.present(assertion, client_id=client_id)


@pytest.mark.parametrize("typ", ["JWT", "jwt", "client-authentication+jwt"])
async def test_an_assertion_may_say_what_it_is(tmp_path: Path, typ: str) -> None:
    async with desk(tmp_path) as at:
        await at.present(at.sign(header={"typ": typ}))


@pytest.mark.parametrize("header", [{"typ": "at+jwt"}, {"typ": "homeport-backend+jwt"}, {"crit": ["exp"], "exp": 1}])
async def test_another_kind_of_jwt_is_no_assertion(tmp_path: Path, header: dict[str, Any]) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(at.sign(header=header))


@pytest.mark.parametrize(
    "assertion",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "a.b",
        "a.b.c.d.e",
        "eyJhbGciOiJFUzI1NiJ9.W10.AA",
        "eyJhbGciOiJFUzI1NiJ9.e30.",
        "ä.b.c",
        "\x00",
        "a" * 100_000,
        "W10.e30.AA",
        "eyJhbGciOiJFUzI1NiIsImtpZCI6MX0.e30.AA",
    ],
)
async def test_what_is_no_jwt_is_refused(tmp_path: Path, assertion: str) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(assertion)


async def test_keys_of_a_client_that_nobody_approved_are_never_fetched(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        body = {
            "redirect_uris": ["https://chatgpt.com/cb"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": "https://other.example/jwks.json",
        }
        client_id = (await at.house.clients.register(body))["client_id"]
        with pytest.raises(InvalidClient):
            await at.present(at.sign(iss=client_id, sub=client_id), client_id=client_id)
        assert "other.example" not in at.house.web.resolved


async def test_keys_that_cannot_be_had_are_no_fault_of_the_client(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.house.web.answers[JWKS] = response(b"", status="503 Unavailable")
        with pytest.raises(TemporarilyUnavailable) as caught:
            await at.present(at.sign())
        assert caught.value.status == 503
        assert caught.value.headers == {"Retry-After": "60"}
        at.house.web.answers[JWKS] = document(key_set())
        at.house.clock.now += 61
        await at.present(at.sign())


async def test_keys_are_fetched_under_the_guard(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.house.web.addresses["client.example"] = [["169.254.169.254"]]
        with pytest.raises(TemporarilyUnavailable):
            await at.present(at.sign())
        assert all(address != "169.254.169.254" for address, _ in at.house.web.connected)
