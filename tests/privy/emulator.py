"""A strict Privy on this machine: auth.privy.io, api.privy.io, Turnstile, and the pages of other sign-in providers.

    async with PrivyEmulator(EmulatedApp(allowed_origins=["https://home.example"])) as privy:
        privy.app.captcha = "turnstile"                       # every knob of EmulatedApp may change at any time
        http_client(privy.network())                          # a homeport.network.Network; all else is refused
        {**environment, **privy.connect_proxy()}              # of a real process: HTTPS_PROXY, SSL_CERT_FILE, ...
        chromium_window(*privy.chromium_args(place))          # the real names in a browser, and the places given

        person = privy.sign_in("owner@example.com")           # without HTTP: .did .token .identity_token .refresh_token
        privy.code_for("owner@example.com")                   # the code that was e-mailed or texted last
        privy.accounts["github"] = (ProviderAccount("7", username="octo"),)   # whom the provider's page offers:
                                                              # links #account-0, #account-1, ... and #deny
        privy.mint.app_token(person.did, aud="another")       # own tokens; mint.bad_app_tokens(did) has all bad kinds
        privy.rotate_keys()                                   # (keep_old=True leaves the old key in the JWKS)

        privy.down["POST /api/v1/sessions"] = status(500)     # by endpoint (`*` matches), by host, or "*" for all;
        privy.down["auth.privy.io"] = REFUSE                  # HANG, GARBAGE, status(429, retry_after=1, times=2)
        del privy.down["auth.privy.io"]
        await privy.saw("POST /api/v1/sessions")              # wait for an answered request; privy.requests has all
        privy.sessions.revoke_user(person.did)                # and .users, .sessions of the first app

Several apps: PrivyEmulator(one, other); `privy.tenant(app_id)` has app, users, sessions, codes, keys of each. Time is
the `clock` handed in. Where nobody knows what the real Privy does, this one does what is harder for its clients. Not
emulated: MFA, Solana, Farcaster, Telegram, guests, linking, HttpOnly cookies, the wallet frame of react-auth.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

import trustme
from playwright.async_api import ProxySettings

from homeport.clock import Clock, system_clock
from homeport.network import Network
from tests.judges.tls import Place, browser_flags, key_pin
from tests.privy import account, oauth, passkeys, passwordless, siwe, turnstile
from tests.privy.apps import EmulatedApp
from tests.privy.door import API, AUTH, client_call, preflight, with_cors
from tests.privy.errors import Refused
from tests.privy.faults import Down
from tests.privy.mint import Mint, SignedIn
from tests.privy.oauth import ProviderAccount
from tests.privy.people import Users, email_account
from tests.privy.server_api import jwks, server_call
from tests.privy.sessions import Sessions
from tests.privy.tenant import Tenant
from tests.privy.ways_in import Connections, PrivyNetwork, connect_proxy
from tests.privy.wire import Answer, Request, html_answer, serve

ENDPOINTS = [
    *account.ENDPOINTS, *passwordless.ENDPOINTS, *oauth.ENDPOINTS, *siwe.ENDPOINTS, *passkeys.ENDPOINTS,
]  # fmt: skip
PROVIDERS = (*oauth.PROVIDER_HOSTS.values(), oauth.CUSTOM_HOST)
HOSTS = [AUTH, API, turnstile.HOST, *PROVIDERS]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request and the status of its answer; None when it got none."""

    request: Request
    status: int | None


class PrivyEmulator:
    def __init__(self, app: EmulatedApp | None = None, *more: EmulatedApp, clock: Clock = system_clock) -> None:
        self.app = app or EmulatedApp()
        self._tenants = {one.app_id: Tenant(one, clock) for one in (self.app, *more)}
        self.down = Down()
        self.accounts: dict[str, tuple[ProviderAccount, ...]] = {}
        """The accounts that a provider's page offers; two of them where nothing is set."""
        self.captcha_passes = True
        self.requests: list[Seen] = []
        self.proxied: list[str] = []
        """Hosts that programs asked the proxy for."""
        self._news = asyncio.Condition()
        self._connections = Connections()
        self.ca, self._certificate = _trusted()
        """The authority behind the certificates; `ca_file` has it as PEM."""

    async def __aenter__(self) -> PrivyEmulator:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.configure_cert(context)
        context.set_alpn_protocols(["http/1.1"])
        self._key_pin = key_pin(self._certificate)
        self._folder = TemporaryDirectory(prefix="privy-")
        self.ca_file = Path(self._folder.name) / "authority.pem"
        self.ca.cert_pem.write_to_path(self.ca_file)
        here = self._connections.serving(lambda reader, writer: serve(reader, writer, self._handle))
        self._server = await asyncio.start_server(here, "127.0.0.1", 0, ssl=context)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._proxied_places = dict.fromkeys(HOSTS, self.port)
        tunnels = self._connections.serving(connect_proxy(self._proxied_places, self.down, self.proxied))
        self._proxy = await asyncio.start_server(tunnels, "127.0.0.1", 0)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, _: object, traceback: TracebackType | None) -> None:
        self._server.close()
        self._proxy.close()
        self._folder.cleanup()
        await self._connections.end()
        if kind is None and self._connections.failures:
            raise ExceptionGroup("the emulator itself failed", self._connections.failures)

    # Ways in

    def network(self, beyond: Network | None = None) -> Network:
        """A Network for an engine. Hosts of others are refused, or looked for in `beyond`."""
        tls = ssl.create_default_context(cafile=str(self.ca_file)) if beyond is None else beyond.tls
        self.ca.configure_trust(tls)
        return PrivyNetwork(HOSTS, self.port, tls, self.down, beyond)

    def connect_proxy(self, *others: Place) -> dict[str, str]:
        """Environment of a process that reaches the emulator, `others` (certified by `ca`) and loopback only."""
        self._proxied_places.update({place.host: place.port for place in others})
        url = self._proxy_url
        loopback = "127.0.0.1,localhost,::1"
        return {
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), url),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), loopback),
            **dict.fromkeys(("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), str(self.ca_file)),
        }

    def places(self) -> list[Place]:
        """The hosts as tests.judges.tls knows them."""
        return [Place(host, self.port, self._key_pin) for host in HOSTS]

    def chromium_args(self, *others: Place) -> tuple[str, ...]:
        """Flags of a Chromium that finds the emulator, `others` and loopback, and nothing else."""
        return browser_flags(*self.places(), *others)

    def chromium_profile(self) -> tuple[str, ProxySettings]:
        """The same in one profile of a Chromium that outlives the emulator: its one flag, and the profile's proxy."""
        flag = f"--ignore-certificate-errors-spki-list={self._key_pin}"
        return flag, {"server": self._proxy_url, "bypass": "localhost,127.0.0.1"}

    @property
    def _proxy_url(self) -> str:
        return f"http://127.0.0.1:{self._proxy.sockets[0].getsockname()[1]}"

    # People and tokens of the first app; of others through `tenant`

    def tenant(self, app_id: str | None = None) -> Tenant:
        return self._tenants[app_id or self.app.app_id]

    @property
    def users(self) -> Users:
        return self.tenant().users

    @property
    def sessions(self) -> Sessions:
        return self.tenant().sessions

    @property
    def mint(self) -> Mint:
        return Mint(self.tenant())

    def sign_in(
        self,
        email: str | None = None,
        *,
        provider: str | None = None,
        account: ProviderAccount | None = None,
        client_id: str | None = None,
        app_id: str | None = None,
    ) -> SignedIn:
        """Sign somebody in without HTTP: by e-mail, or with an account at `provider`. Raises Refused."""
        tenant = self.tenant(app_id)
        if email is not None:
            proven = email_account(email)
        else:
            assert provider is not None
            proven = (account or oauth.TWO_ACCOUNTS[0]).linked(provider)
        answer = tenant.sign_in(proven, client_id)
        session = tenant.sessions.latest
        return SignedIn(
            session.user.id,
            session.id,
            session.token,
            session.privy_access_token,
            session.refresh_token,
            answer.get("identity_token"),
            answer["is_new_user"],
        )

    def rotate_keys(self, *, keep_old: bool = False) -> None:
        self.tenant().keys.rotate(keep_old=keep_old)

    def code_for(self, to: str) -> str:
        """The code sent last to this e-mail address or number. Raises LookupError."""
        for sent in reversed(self.tenant().codes.sent):
            if sent.to == to.lower():
                return sent.code
        raise LookupError(f"nothing was sent to {to}")

    # What was asked

    def asked(self, endpoint: str) -> list[Seen]:
        return [seen for seen in self.requests if seen.request.endpoint == endpoint]

    async def saw(self, endpoint: str, *, times: int = 1, seconds: float = 20) -> Seen:
        """Wait until this endpoint was asked so often, and what came last. Raises TimeoutError."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(self.asked(endpoint)) >= times)
        return self.asked(endpoint)[-1]

    async def _handle(self, request: Request) -> Answer:
        status = None
        try:
            answer = self._answer(request)
            status = answer.status
            return answer
        finally:
            self.requests.append(Seen(request, status))
            async with self._news:
                self._news.notify_all()

    def _answer(self, request: Request) -> Answer:
        fault = self.down.fault(request)
        if fault is not None:
            answer = fault.happen()
            tenant = self._tenants.get(request.headers.get("privy-app-id", ""))
            return with_cors(answer, request, tenant) if fault.readable else answer
        tenants = list(self._tenants.values())
        if request.host == turnstile.HOST:
            return turnstile.answer(request, tenants, passes=self.captcha_passes)
        if request.host in PROVIDERS:
            return oauth.provider_page(request, tenants, self.accounts)
        if request.host == AUTH:
            return _auth(request, self._tenants, self.accounts)
        if request.host == API:
            return _api(request, self._tenants)
        return html_answer("misdirected", status=421)


@cache
def _trusted() -> tuple[trustme.CA, trustme.LeafCert]:
    """The authority and the certificate of every emulator in this process: browsers are told once whom to trust."""
    authority = trustme.CA()
    return authority, authority.issue_cert(*HOSTS)


def _auth(
    request: Request, tenants: Mapping[str, Tenant], accounts: Mapping[str, tuple[ProviderAccount, ...]]
) -> Answer:
    match request.path.strip("/").split("/"):
        case ["api", "v1", "apps", app_id, "jwks.json"] if request.method == "GET":
            return jwks(app_id, tenants)
        case ["api", "v1", "oauth", "callback"] if request.method == "GET":
            return oauth.callback(request, list(tenants.values()), accounts)
    if request.method == "OPTIONS":
        return preflight(request, ENDPOINTS, tenants)
    if request.headers.get("authorization", "").startswith("Basic "):
        return server_call(request, tenants)
    matching = [(one, found) for one in ENDPOINTS if (found := one.match(request)) is not None]
    if not matching:
        return Refused(404, "invalid_data", "No such endpoint").answer()
    for endpoint, parameters in matching:
        if endpoint.method == request.method:
            return client_call(request, endpoint, parameters, tenants)
    return Refused(405, "invalid_data", "Method not allowed").answer()


def _api(request: Request, tenants: Mapping[str, Tenant]) -> Answer:
    match request.path.strip("/").split("/"):
        case ["v1", "apps", app_id, "jwks.json"] if request.method == "GET":
            return jwks(app_id, tenants)
        case ["v1", *_]:
            return server_call(request, tenants)
    return Refused(404, "invalid_data", "No such endpoint").answer()
