"""How a client proves itself at the token endpoint: not at all (`none`), or by a signed assertion (RFC 7523).

`authenticate` verifies and writes nothing. `AuthenticatedClient.record(tx)` must follow in the SAME transaction as the
token exchange: it is the replay check.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWS, PyJWTError

from homeport.auth import client_tables as tables
from homeport.auth.client import AuthMethod, Client
from homeport.auth.errors import InvalidClient, TemporarilyUnavailable
from homeport.clock import Clock, system_clock
from homeport.foreign_text import clean
from homeport.keys.remote import RETRY_AFTER, KeysUnavailable, RemoteKeyError, UnknownKey
from homeport.store import Transaction

logger = logging.getLogger(__name__)

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("RS256", "ES256")
MAX_LENGTH = 8_192
MAX_LIFETIME = 600
SKEW = 60
MIN_RSA_BITS, MAX_RSA_BITS = 2_048, 8_192

# draft-ietf-oauth-rfc7523bis 4 names the second; an access token or id token of anybody is no assertion.
_TYPES = ("JWT", "CLIENT-AUTHENTICATION+JWT")


class KnownClients(Protocol):
    async def known(self, client_id: str) -> Client | None: ...


class ClientKeys(Protocol):
    """`keys.remote.RemoteKeys`. Raises UnknownKey, KeysUnavailable."""

    async def key(self, jwks_uri: str, kid: str | None, alg: str) -> PyJWK: ...


@dataclass(frozen=True, slots=True)
class AssertionUse:
    """What is stored of an assertion: digests only. `expires_at`: seconds since the epoch, after which it is void."""

    jti: str
    assertion_digest: str
    used_for: str
    expires_at: int
    now: int


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    client: Client
    method: AuthMethod
    use: AssertionUse | None = None

    def record(self, tx: Transaction) -> None:
        """Take note of the assertion. Raises InvalidClient when it is a replay.

        The identical assertion counts again only for the identical code or refresh token: a client that got no answer
        may repeat its request. RFC 7523 3, item 7.
        """
        if self.use is None:
            return
        fresh = tables.note_assertion(
            tx,
            self.client.client_id,
            self.use.jti,
            assertion_digest=self.use.assertion_digest,
            used_for=self.use.used_for,
            expires_at=self.use.expires_at,
            now=self.use.now,
        )
        if not fresh:
            raise InvalidClient("This client assertion was used before.")


class ClientAuthenticator:
    """One check for /token, /revoke and /introspect."""

    def __init__(self, clients: KnownClients, keys: ClientKeys, *, clock: Clock = system_clock) -> None:
        self._clients = clients
        self._keys = keys
        self._clock = clock

    async def authenticate(
        self, form: Mapping[str, str], *, authorization: str | None, issuer: str, token_endpoint: str, used_for: str
    ) -> AuthenticatedClient:
        """Who sends this form. Raises InvalidClient, or TemporarilyUnavailable when the client's keys cannot be had.

        Writes nothing: call `record` in the transaction of the exchange. `used_for` is the code or token the request
        presents; only its digest is kept, and an empty one says that no repeat counts. `issuer` and `token_endpoint`
        are those of the origin that was asked. A client that nobody approved has nothing to prove itself for: its keys
        are never fetched.
        """
        if authorization is not None:
            scheme = authorization.split(" ", 1)[0]
            # RFC 6749 5.2: the answer names the scheme that was tried; Basic is the only one clients try here.
            headers = {"WWW-Authenticate": 'Basic realm="homeport"'} if scheme.lower() == "basic" else {}
            raise InvalidClient("Clients have no secret here: send no Authorization header.", headers=headers)
        if "client_secret" in form:
            raise InvalidClient("Clients have no secret here: send no client_secret.")
        assertion, kind = form.get("client_assertion"), form.get("client_assertion_type")
        if assertion is None and kind is None:
            return AuthenticatedClient(await self._client(form.get("client_id", ""), "none"), "none")
        if assertion is None or kind != ASSERTION_TYPE:
            raise InvalidClient(f"client_assertion needs client_assertion_type {ASSERTION_TYPE}.")
        client, use = await self._verify(assertion, form.get("client_id"), (issuer, token_endpoint), used_for)
        return AuthenticatedClient(client, "private_key_jwt", use)

    async def _client(self, client_id: str, method: AuthMethod) -> Client:
        client = await self._clients.known(client_id)
        if client is None:
            raise InvalidClient("This client is not known here.")
        if method not in client.auth_methods:
            raise InvalidClient(f"This client did not register the method {method}.")
        return client

    async def _verify(
        self, assertion: str, client_id: str | None, audiences: tuple[str, ...], used_for: str
    ) -> tuple[Client, AssertionUse]:
        header, unverified = _read(assertion)
        subject = unverified.get("sub")
        if not isinstance(subject, str) or unverified.get("iss") != subject:
            raise InvalidClient("iss and sub of the assertion must be the client_id.")
        if client_id is not None and client_id != subject:
            raise InvalidClient("client_id is not the one in the assertion.")
        client = await self._client(subject, "private_key_jwt")
        if not client.used:
            raise InvalidClient("Nobody has approved this client.")
        key = await self._key(client, header)
        try:
            PyJWS().decode(assertion, key=key.key, algorithms=[header["alg"]])
        except PyJWTError as error:
            raise InvalidClient("The signature of the assertion is wrong.") from error
        now = self._clock()
        expires_at = _check_times(unverified, now)
        _check_audience(unverified.get("aud"), audiences)
        return client, _use(assertion, unverified, used_for, expires_at, now)

    async def _key(self, client: Client, header: Mapping[str, Any]) -> PyJWK:
        kid, alg = header.get("kid"), header["alg"]
        try:
            if client.jwks_uri is not None:
                key = await self._keys.key(client.jwks_uri, kid, alg)
            else:
                key = _inline_key(client.jwks or {}, kid, alg)
        except KeysUnavailable as error:
            # Our network or theirs is down. A client that is told invalid_client may throw its registration away.
            raise TemporarilyUnavailable(
                "The keys of this client cannot be had now.", headers={"Retry-After": str(RETRY_AFTER)}
            ) from error
        except (RemoteKeyError, PyJWTError, ValueError, TypeError, KeyError) as error:
            logger.warning("No key of %s fits: %s", clean(client.client_id, 200), clean(str(error), 200))
            raise InvalidClient("No key of this client fits the assertion.") from error
        _check_strength(key, alg)
        return key


def _read(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, not yet verified: they choose client and key, nothing more."""
    if len(assertion) > MAX_LENGTH or not assertion.isascii():
        raise InvalidClient("The assertion is too long.")
    try:
        parts = PyJWS().decode_complete(assertion, options={"verify_signature": False})
        claims = json.loads(parts["payload"])
    except (PyJWTError, ValueError, RecursionError) as error:
        raise InvalidClient("The assertion is not a signed JWT.") from error
    header = parts["header"]
    if not isinstance(claims, dict):
        raise InvalidClient("The claims of the assertion are not an object.")
    if header.get("alg") not in ALGORITHMS:
        raise InvalidClient(f"The assertion must be signed with {' or '.join(ALGORITHMS)}.")
    if str(header.get("typ", "JWT")).upper() not in _TYPES or "crit" in header:
        raise InvalidClient("The assertion is another kind of JWT.")
    if not isinstance(header.get("kid", ""), str):
        raise InvalidClient("kid must be a string.")
    return header, claims


def _inline_key(jwks: Mapping[str, Any], kid: str | None, alg: str) -> PyJWK:
    kty = {"RS256": "RSA", "ES256": "EC"}[alg]
    fitting = [
        key
        for key in jwks.get("keys", [])
        if key.get("kty") == kty
        and (kid is None or key.get("kid") == kid)
        and key.get("alg", alg) == alg
        and key.get("use", "sig") == "sig"
    ]
    if len(fitting) != 1:
        raise UnknownKey("no inline key fits, or more than one")
    return PyJWK(fitting[0], alg)


def _check_strength(key: PyJWK, alg: str) -> None:
    public = key.key
    if alg == "RS256" and isinstance(public, RSAPublicKey) and MIN_RSA_BITS <= public.key_size <= MAX_RSA_BITS:
        return
    if alg == "ES256" and isinstance(public, EllipticCurvePublicKey) and isinstance(public.curve, SECP256R1):
        return
    raise InvalidClient("The key of the client is too weak, or of another kind than the algorithm.")


def _check_audience(audience: object, ours: tuple[str, ...]) -> None:
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or not named or not all(isinstance(one, str) and one in ours for one in named):
        raise InvalidClient("aud of the assertion must be the issuer or the token endpoint, and nothing else.")


def _check_times(claims: Mapping[str, Any], now: float) -> int:
    """RFC 7523 3, items 4 to 6. Returns the second after which this assertion cannot be used any more."""
    expires = _seconds(claims, "exp")
    if expires is None:
        raise InvalidClient("exp is missing in the assertion.")
    if expires <= now - SKEW:
        raise InvalidClient("The assertion has expired.")
    if expires > now + MAX_LIFETIME + SKEW:
        raise InvalidClient(f"exp of the assertion is more than {MAX_LIFETIME} seconds ahead.")
    for claim in ("iat", "nbf"):
        if (_seconds(claims, claim) or 0) > now + SKEW:
            raise InvalidClient(f"{claim} of the assertion lies in the future.")
    return math.ceil(expires) + SKEW


def _seconds(claims: Mapping[str, Any], claim: str) -> float | None:
    value = claims.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise InvalidClient(f"{claim} of the assertion is not a time.")
    return float(value)


def _use(assertion: str, claims: Mapping[str, Any], used_for: str, expires_at: int, now: float) -> AssertionUse:
    # Not the signature: an ECDSA signature has a second valid form that anybody can compute, and the same assertion
    # must not count as a new one in it.
    digest = _digest("assertion", assertion.rpartition(".")[0])
    jti = claims.get("jti")
    if jti is not None and (not isinstance(jti, str) or not jti):
        raise InvalidClient("jti of the assertion must be a string.")
    return AssertionUse(
        jti=digest if jti is None else _digest("jti", jti),
        assertion_digest=digest,
        used_for=_digest("used for", used_for) if used_for else "",
        expires_at=expires_at,
        now=int(now),
    )


def _digest(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()
