"""The clients: static, registered (RFC 7591) and by metadata document (CIMD), and the redirect hosts the owner allows.

Only `resolve`, which is for /authorize, ever fetches a document. Nothing here authenticates a client: see `assertions`.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeport.auth import client_tables as tables
from homeport.auth.client import Client, ClientSummary, RedirectHost
from homeport.auth.client_metadata import Metadata, read_document, read_registration
from homeport.auth.client_tables import StoredClient, Uses
from homeport.auth.document_url import DocumentUrl, NotADocumentUrl, parse_document_url
from homeport.auth.errors import OAuthError, PageError, SlowDown
from homeport.auth.fetch import Fetcher, FetchFailed
from homeport.auth.redirects import host_needs_allow, parse_host, redirect_host
from homeport.clock import Clock, system_clock
from homeport.errors import NotFoundError
from homeport.events import ClientSeen, EventBus, RedirectHostWaiting
from homeport.foreign_text import clean
from homeport.store import Database, Transaction

__all__ = ["STATIC_CLIENT", "Client", "ClientSummary", "Clients", "RedirectHost"]

logger = logging.getLogger(__name__)

STATIC_CLIENT = Client(
    client_id="chatgpt-connector",
    kind="static",
    name="ChatGPT",
    # Whoever uses this public name, the code reaches nobody but ChatGPT: see redirects.
    verified_host="chatgpt.com",
    redirect_uris=(
        "https://chatgpt.com/connector_platform_oauth_redirect",
        "https://chat.openai.com/connector_platform_oauth_redirect",
    ),
    auth_methods=frozenset({"none"}),
)

# SECURITY, clients: the figures for registrations. The 30 days are for a person who adds the connector and signs in
# weeks later: ChatGPT keeps its client_id for ever and would find it unknown. What bounds the table is the number.
MAX_UNUSED_REGISTRATIONS = 5_000
UNUSED_LIFETIME = 30 * 86_400
MIN_UNUSED_AGE = 600
DROP_AT_ONCE = 500
FULL_SECONDS = 5
"""After a refusal for want of room nobody looks for room again so long: a flood costs one look-up by key each."""
# Documents: at 30 fetches a minute for strangers this many rows cannot fill up with ones younger than MIN_UNUSED_AGE.
MAX_UNUSED_DOCUMENTS = 1_000
STALE_SECONDS = 7 * 86_400
MAX_WAITING_HOSTS = 100
MAX_LISTED = 500

_REGISTERED_ID = re.compile(r"dcr_[A-Za-z0-9_-]{43}", re.ASCII)
_UNREADABLE = "Homeport could not read the client's metadata document."


class Clients:
    """Finds, registers and lists clients. Several replicas may share one database: nothing is remembered here but, for
    FULL_SECONDS, that there is no room for new registrations."""

    def __init__(
        self,
        database: Database,
        fetcher: Fetcher,
        *,
        has_live_grant: Uses,
        has_live_request: Uses,
        events: EventBus,
        clock: Clock = system_clock,
    ) -> None:
        """`has_live_grant(tx, client_id)` and `has_live_request(tx, client_id)` ask the tables of grants and
        authorization requests, in the transaction they are given."""
        self._database = database
        self._fetcher = fetcher
        self._has_live_grant = has_live_grant
        self._has_live_request = has_live_request
        self._events = events
        self._clock = clock
        self._full_until = 0

    async def resolve(self, client_id: str) -> Client:
        """The client an authorization request names; may fetch its document. Raises PageError."""
        if client_id.startswith("https:"):
            return await self._resolve_document(client_id)
        client = await self.known(client_id)
        if client is None:
            raise PageError(
                "Homeport does not know this app any more.",
                title="Unknown app",
                hint="Remove the connector in the app and add it again.",
            )
        return client

    async def known(self, client_id: str) -> Client | None:
        """The client as it was last seen, or None. Never fetches anything."""
        if not _may_exist(client_id):
            return None
        return await self._database.transaction(lambda tx: self.find(tx, client_id))

    def find(self, tx: Transaction, client_id: str) -> Client | None:
        """`known`, inside a transaction of the caller."""
        if not _may_exist(client_id):
            return None
        stored = tables.find_client(tx, client_id)
        if client_id == STATIC_CLIENT.client_id:
            return replace(STATIC_CLIENT, used=stored is not None)
        if stored is None or (self._is_over(stored) and not self._has_live_request(tx, client_id)):
            return None
        return stored.client

    async def register(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Register a client and answer as RFC 7591 3.2.1 says, without any secret.

        The `client_id` is a digest of all that is stored, so that a repeat gets the same one and renews its life, and
        nothing that was registered is ever changed. Raises InvalidClientMetadata, InvalidRedirectUri, SlowDown.
        """
        metadata = read_registration(body)
        stored_json = tables.canonical(metadata)
        client_id = _registered_id(stored_json)
        now = int(self._clock())
        known_to_be_full = now < self._full_until

        def work(tx: Transaction) -> tuple[int, bool] | None:
            before = tables.find_client(tx, client_id)
            if before is None and (known_to_be_full or not _has_room(tx, now)):
                return None
            tables.put_client(tx, client_id, "dcr", stored_json, now=now, fresh_until=0)
            return (now, True) if before is None else (before.created_at, False)

        done = await self._database.transaction(work)
        if done is None:
            if not known_to_be_full:
                self._full_until = now + FULL_SECONDS
            raise SlowDown("Too many registrations wait for approval.", retry_after=MIN_UNUSED_AGE)
        issued_at, new = done
        client = tables.client_from(client_id, "dcr", metadata)
        if new:
            self._seen(client)
        return _registration_answer(client, metadata, issued_at)

    def mark_used(self, tx: Transaction, client_id: str) -> None:
        """A person approved this client: from now on it is kept for ever. Call it with the consent, before any code."""
        now = int(self._clock())
        if client_id == STATIC_CLIENT.client_id and tables.find_client(tx, client_id) is None:
            metadata = Metadata(STATIC_CLIENT.name, STATIC_CLIENT.redirect_uris, STATIC_CLIENT.auth_methods)
            tables.put_client(tx, client_id, "static", tables.canonical(metadata), now=now, fresh_until=0)
        tables.set_client_used(tx, client_id, now)

    def expire(self, tx: Transaction, now: float) -> int:
        """Drop what is over: clients nobody approved and assertions that cannot come again. Returns how many rows."""
        dropped = tables.drop_expired_assertions(tx, int(now))
        return dropped + tables.drop_clients_not_renewed(tx, renewed_before=int(now) - UNUSED_LIFETIME, now=int(now))

    async def redirect_allowed(self, uri: str, client: Client) -> bool:
        """Whether codes may go to the host of `uri`, which is a matched redirect of `client`.

        When not, the host now waits for the owner (`homeport clients allow HOST`).
        """
        if not host_needs_allow(uri):
            return True
        host, now = redirect_host(uri), int(self._clock())

        def work(tx: Transaction) -> tuple[bool, bool]:
            known = tables.find_host(tx, host)
            if known is not None and known.allowed_at:
                return True, False
            return False, tables.ask_host(tx, host, client.name, now, keep=MAX_WAITING_HOSTS)

        allowed, new = await self._database.transaction(work)
        if new:
            self._events.publish(RedirectHostWaiting(at=self._clock(), host=clean(host), client=client.name))
        return allowed

    async def allow_host(self, host: str) -> None:
        """The owner allows redirects to this host, whether it waits or not. Raises NotFoundError for no host."""
        parsed, now = parse_host(host), int(self._clock())
        if parsed is None:
            raise NotFoundError(
                f"{clean(host)!r} is not a host name.",
                hint="Give it as `homeport clients` shows it, like app.example.com",
            )
        await self._database.transaction(lambda tx: tables.allow_host(tx, parsed, now))

    async def withdraw_host(self, host: str) -> None:
        """The owner takes the allow of a host back: the next sign-in there waits for it again. Raises NotFoundError."""
        parsed = parse_host(host)
        if parsed is None or not await self._database.transaction(lambda tx: tables.withdraw_host(tx, parsed)):
            raise NotFoundError(
                f"{clean(host, 255)!r} is not among the redirect hosts you allowed.",
                hint="`homeport clients` lists them.",
            )

    async def hosts(self) -> list[RedirectHost]:
        """Allowed and waiting redirect hosts, the newest first."""
        return await self._database.transaction(tables.list_hosts)

    async def summaries(self) -> list[ClientSummary]:
        """The clients, used ones first, at most MAX_LISTED."""
        stored = await self._database.transaction(lambda tx: tables.list_clients(tx, MAX_LISTED))
        return [_summary(one) for one in stored]

    def _is_over(self, stored: StoredClient) -> bool:
        return stored.used_at is None and stored.renewed_at + UNUSED_LIFETIME < self._clock()

    async def _resolve_document(self, client_id: str) -> Client:
        try:
            url = parse_document_url(client_id)
        except NotADocumentUrl as error:
            raise self._unreadable(client_id, str(error)) from error

        def look(tx: Transaction) -> tuple[StoredClient | None, bool, bool]:
            host = tables.find_host(tx, url.host)
            approved = (host is not None and host.allowed_at > 0) or tables.has_used_client_of(tx, url.host)
            return tables.find_client(tx, client_id), self._has_live_grant(tx, client_id), approved

        stored, live, approved = await self._database.transaction(look)
        now = self._clock()
        if stored is not None and now < stored.fresh_until:
            return stored.client
        try:
            document = await self._fetcher.document(url, approved=approved)
        except FetchFailed as error:
            if stored is not None and live and now < stored.renewed_at + STALE_SECONDS:
                return stored.client
            # The fetcher has noted the cause; outside every failure looks alike.
            raise PageError(_UNREADABLE, hint=_RETRY_HINT) from error
        try:
            metadata = read_document(url, document.value)
        except OAuthError as error:
            # The host answered and says something else: that is no outage, the old copy does not count any more.
            raise self._unreadable(client_id, error.description) from error
        return await self._keep_document(url, metadata, document.fresh_seconds)

    async def _keep_document(self, url: DocumentUrl, metadata: Metadata, fresh_seconds: int) -> Client:
        now = int(self._clock())

        def work(tx: Transaction) -> tuple[StoredClient | None, bool]:
            new = tables.find_client(tx, url.text) is None
            if new and tables.count_unused_clients(tx, "cimd") >= MAX_UNUSED_DOCUMENTS:
                tables.make_room(tx, "cimd", created_before=now + 1, at_most=DROP_AT_ONCE, now=now)
            stored_json = tables.canonical(metadata)
            tables.put_client(tx, url.text, "cimd", stored_json, now=now, fresh_until=now + fresh_seconds)
            return tables.find_client(tx, url.text), new

        stored, new = await self._database.transaction(work)
        assert stored is not None
        if new:
            self._seen(stored.client)
        return stored.client

    def _unreadable(self, client_id: str, cause: str) -> PageError:
        self._fetcher.note_failure(client_id, cause)
        return PageError(_UNREADABLE, hint=_RETRY_HINT)

    def _seen(self, client: Client) -> None:
        shown = clean(client.client_id)
        self._events.publish(ClientSeen(at=self._clock(), client_id=shown, client=client.name, kind=client.kind))


_RETRY_HINT = "Try again in a minute. `homeport doctor` on the computer that runs Homeport tells the cause."


def _may_exist(client_id: str) -> bool:
    """Whether such an id can be in the table at all: what strangers send never reaches the database unchecked."""
    if client_id == STATIC_CLIENT.client_id or _REGISTERED_ID.fullmatch(client_id):
        return True
    try:
        parse_document_url(client_id)
    except NotADocumentUrl:
        return False
    return True


def _has_room(tx: Transaction, now: int) -> bool:
    """Whether one more registration may be stored; makes room where there is none and the oldest ones may go."""
    if tables.count_unused_clients(tx, "dcr") < MAX_UNUSED_REGISTRATIONS:
        return True
    before = now - MIN_UNUSED_AGE
    return tables.make_room(tx, "dcr", created_before=before, at_most=DROP_AT_ONCE, now=now) > 0


def _registered_id(stored_json: str) -> str:
    digest = hashlib.sha256(stored_json.encode()).digest()
    return "dcr_" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _registration_answer(client: Client, metadata: Metadata, issued_at: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "client_id": client.client_id,
        "client_id_issued_at": issued_at,
        "redirect_uris": list(client.redirect_uris),
        "token_endpoint_auth_method": next(iter(client.auth_methods)),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    }
    optional = {"client_name": metadata.name, "jwks_uri": client.jwks_uri, "jwks": client.jwks}
    return answer | {member: value for member, value in optional.items() if value}


def _summary(stored: StoredClient) -> ClientSummary:
    client = stored.client
    verified = STATIC_CLIENT.verified_host if client.kind == "static" else client.verified_host
    return ClientSummary(
        client_id=client.client_id,
        name=client.name,
        kind=client.kind,
        verified_host=verified or "",
        redirect_hosts=tuple(dict.fromkeys(redirect_host(uri) for uri in client.redirect_uris)),
        created_at=stored.created_at,
        used_at=stored.used_at or 0,
    )
