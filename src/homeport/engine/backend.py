"""The backend of one engine: how it learns who the person is, and what the owner is told about it.

Three modes (SECURITY, backend and Privy): an assertion signed here, the person's own Privy token, or nothing.
ChatGPT's token goes nowhere.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from homeport.apps.app import App
from homeport.apps.backend import Backend
from homeport.auth.endpoints.well_known import BACKEND_JWKS
from homeport.clock import Clock, Randomness
from homeport.engine import facts
from homeport.engine.assertions import Assertions
from homeport.engine.backend_credentials import (
    Anonymous,
    AssertionCredentials,
    Noted,
    PrivyCredentials,
    PrivyToken,
)
from homeport.engine.protocol import BackendKeyInfo
from homeport.errors import HomeportError
from homeport.foreign_text import clean
from homeport.keys.jwk import load_ec_jwk
from homeport.keys.signing import SigningKeys
from homeport.mcp_server.callers import Caller
from homeport.network import Network
from homeport.origins import Origin
from homeport.settings import Settings
from homeport.store import Database, Transaction
from homeport.vault import Vault

if TYPE_CHECKING:
    from homeport.apps.backend_pool import BackendPool

KEYS_NAME = "backend-keys"
INSTALLATION_ID = "installation-id"


class EngineBackend:
    """One per engine, also where no backend is set: then `of` is None and `warnings` names the tools that want one."""

    def __init__(
        self,
        pool: BackendPool | None = None,
        *,
        auth: str = "none",
        audience: str = "",
        keys: SigningKeys | None = None,
        installation_id: str = "",
        credentials: Noted | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._pool = pool
        self._auth = auth
        self._audience = audience
        self._keys = keys
        self._installation_id = installation_id
        self._credentials = credentials
        self._close = close

    @classmethod
    async def open(
        cls,
        settings: Settings,
        *,
        vault: Vault,
        database: Database,
        network: Network,
        clock: Clock,
        random: Randomness,
        privy_token: PrivyToken | None = None,
    ) -> EngineBackend:
        """Opens no connection; keys exist from the first start with backend_auth assertion on. Raises VaultError.

        `privy_token` is needed for backend_auth privy.
        """
        if not settings.backend_url:
            return cls()
        audience = settings.backend_url.rstrip("/")
        auth = settings.backend_auth
        keys: SigningKeys | None = None
        installation_id = ""
        credentials: Noted
        if auth == "assertion":
            keys = await SigningKeys.load(vault, clock=clock, name=KEYS_NAME)
            installation_id = await database.transaction(lambda tx: ensure_installation_id(tx, random))
            signed = Assertions(keys, issuer=installation_id, audience=audience, clock=clock, random=random)
            credentials = AssertionCredentials(signed)
        elif auth == "privy":
            if privy_token is None:
                raise HomeportError("There are no Privy sessions for backend_auth privy.", hint="Set privy_app_id.")
            credentials = PrivyCredentials(privy_token)
        else:
            credentials = Anonymous()
        # Loaded here: most installations have no backend, and start without an HTTP client.
        from homeport.apps.backend_pool import BackendPool
        from homeport.outbound import http_client

        http = http_client(network)
        pool = BackendPool(audience, credentials, http, clock=clock, random=random)
        return cls(
            pool,
            auth=auth,
            audience=audience,
            keys=keys,
            installation_id=installation_id,
            credentials=credentials,
            close=http.aclose,
        )

    @property
    def of(self) -> Callable[[Caller], Backend] | None:
        """The backend for one call, for `ToolCalls`."""
        pool = self._pool
        return None if pool is None else lambda caller: pool.of(caller.person, caller.grant_id)

    def jwks(self) -> dict[str, object]:
        """What `/.well-known/backend-jwks.json` answers; without assertions, no keys."""
        return self._keys.jwks() if self._keys is not None else {"keys": []}

    def key_info(self, origin: Origin) -> BackendKeyInfo:
        """What a backend needs to verify assertions. Raises HomeportError where none are sent."""
        if self._pool is None:
            raise HomeportError("No backend is set.", hint="Set its address first: homeport --backend-url URL")
        if self._keys is None:
            raise HomeportError(
                f"The backend gets no token of Homeport's: backend_auth is {self._auth}.",
                hint="With privy it verifies Privy's token with Privy's key; set backend_auth to assertion for ours.",
            )
        jwk = dict(self._keys.signing_jwk)
        public, _ = load_ec_jwk(jwk)
        return BackendKeyInfo(
            installation_id=self._installation_id,
            issuer_claim=self._installation_id,
            audience=self._audience,
            jwks_url=origin.endpoint(BACKEND_JWKS),
            pem=public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
            jwk=jwk,
        )

    def warnings(self, apps: Iterable[App]) -> list[str]:
        """What a person must know, for the status."""
        found = [self._credentials.problem] if self._credentials is not None and self._credentials.problem else []
        if self._pool is None:
            names = [clean(tool.name) for app in apps for tool in app.tools.values() if tool.needs_backend]
            if names:
                listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
                found.append(
                    f"{listed}: every call is refused, because there is no backend. "
                    "Set its address: homeport --backend-url URL"
                )
        return found

    async def rotate_if_due(self) -> None:
        """To be called at least once a day. Raises VaultError."""
        if self._keys is not None:
            await self._keys.rotate_if_due()

    async def close(self) -> None:
        if self._close is not None:
            await self._close()


def ensure_installation_id(tx: Transaction, random: Randomness) -> str:
    """The `iss` of every assertion of this installation: made once, the same on every replica and origin."""
    return facts.ensure(tx, INSTALLATION_ID, lambda: "inst_" + base64.urlsafe_b64encode(random(15)).decode())
