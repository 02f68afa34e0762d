"""The guard for what strangers make Homeport fetch: client metadata documents and their key sets, nothing else.

It resolves once and connects to exactly what it checked, follows nothing, waits at most 5 seconds and reads at most
10 kB. It must not tell the outside why a fetch failed: causes go to the log and to `last_failures`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpcore2

from homeport.auth.addresses import is_public
from homeport.auth.document_url import DocumentUrl, NotADocumentUrl, parse_document_url
from homeport.clock import Clock, system_clock
from homeport.foreign_text import clean
from homeport.network import Network, connect_to_one_of

logger = logging.getLogger(__name__)

BUILT_IN_HOSTS = frozenset({"chatgpt.com", "claude.ai"})
"""TLS proves these names wherever a company's resolver or proxy leads: no address check, the system proxy counts."""

WELL_KNOWN_DOCUMENTS = frozenset(
    {
        "https://chatgpt.com/oauth/client.json",
        "https://claude.ai/oauth/mcp-oauth-client-metadata",
        "https://claude.ai/oauth/claude-code-client-metadata",
    }
)
"""The documents of ChatGPT and Claude: no flood of other URLs uses up the fetches they need for a first connection."""

DEADLINE = 5.0
QUEUE_SECONDS = 10.0
MAX_BYTES = 10_000
AT_ONCE = 4
STRANGERS_AT_ONCE = 3
STRANGERS_A_MINUTE = 30
MIN_FRESH, MAX_FRESH = 300, 86_400
KEPT_FAILURES = 20
LOGGED_A_MINUTE = 30
MAX_ADDRESSES = 4

_JSON_TYPE = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json", re.ASCII | re.IGNORECASE)
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.ASCII | re.IGNORECASE)
_USELESS = re.compile(r"(?:^|[,\s])no-(?:store|cache)\b", re.ASCII | re.IGNORECASE)


class FetchFailed(Exception):
    """A document could not be had. The cause in it is for log and doctor, never for the page."""


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON document and how many seconds it may be used without asking again."""

    body: bytes
    value: Any
    fresh_seconds: int


@dataclass(frozen=True, slots=True)
class FetchFailure:
    """What the doctor tells. `at`: seconds since the epoch; both texts are cleaned."""

    at: float
    url: str
    cause: str


class Fetcher:
    """Fetches JSON documents under the rules of SECURITY, clients. One per process; `aclose` ends what runs."""

    def __init__(
        self,
        network: Network,
        *,
        is_own_host: Callable[[str], bool],
        deadline: float = DEADLINE,
        clock: Clock = system_clock,
    ) -> None:
        """`is_own_host(host)` says whether a host name is one that Homeport itself answers at.

        `deadline`: seconds for one fetch from the first look-up to the last byte.
        """
        self._network = network
        self._is_own_host = is_own_host
        self._deadline = deadline
        self._clock = clock
        self._running: dict[str, asyncio.Task[Document]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._stranger_slots = asyncio.Semaphore(STRANGERS_AT_ONCE)
        self._budgets: dict[str, deque[float]] = {}
        self._failures: dict[str, deque[FetchFailure]] = {}
        self._logged: deque[float] = deque(maxlen=LOGGED_A_MINUTE)

    @property
    def last_failures(self) -> tuple[FetchFailure, ...]:
        """The newest failures, the newest last; those of the built-in hosts are not pushed out by others."""
        return tuple(sorted((one for kept in self._failures.values() for one in kept), key=lambda one: one.at))

    async def document(self, url: DocumentUrl, *, approved: bool) -> Document:
        """Fetch a JSON document. `approved`: the owner knows a client, or has allowed redirects, of this host.

        Callers that ask for the same URL at the same time share one fetch. Raises FetchFailed.
        """
        task = self._running.get(url.text)
        if task is None:
            if not approved:
                self._spend_budget(url)
            task = asyncio.create_task(self._fetch(url, approved or url.host in BUILT_IN_HOSTS))
            self._running[url.text] = task
            task.add_done_callback(lambda done: self._finished(url.text, done))
        # A browser that goes away must not end the fetch of the others who wait for it.
        return await asyncio.shield(task)

    async def keys(self, url: str) -> bytes:
        """Fetch the key set of a client that a person approved. Raises FetchFailed."""
        try:
            parsed = parse_document_url(url)
        except NotADocumentUrl as error:
            raise self._failed(url, str(error)) from error
        return (await self.document(parsed, approved=True)).body

    def note_failure(self, url: str, cause: str) -> None:
        """Tell log and doctor, and nobody else, why a document does not count."""
        now = self._clock()
        failure = FetchFailure(at=now, url=clean(url.partition("?")[0], 200), cause=clean(cause, 200))
        self._failures.setdefault(_class_of(url), deque(maxlen=KEPT_FAILURES)).append(failure)
        # Anybody can cause failures: they must not fill the disk with log lines.
        if len(self._logged) < LOGGED_A_MINUTE or not now - 60 < self._logged[0] <= now:
            self._logged.append(now)
            logger.warning("The client document %s was not accepted: %s", failure.url, failure.cause)

    async def aclose(self) -> None:
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, url: str, task: asyncio.Task[Document]) -> None:
        self._running.pop(url, None)
        if not task.cancelled():
            task.exception()  # Retrieved here, since everybody who waited for it may have gone away.

    def _failed(self, url: str, cause: str) -> FetchFailed:
        self.note_failure(url, cause)
        return FetchFailed(cause)

    def _spend_budget(self, url: DocumentUrl) -> None:
        if url.text in WELL_KNOWN_DOCUMENTS:
            return
        # The built-in hosts have budgets of their own: a flood of strange hosts must not keep ChatGPT out.
        budget = self._budgets.setdefault(_class_of(url.text), deque())
        now = self._clock()
        while budget and not now - 60 < budget[0] <= now:
            budget.popleft()
        if len(budget) >= STRANGERS_A_MINUTE:
            raise self._failed(url.text, f"more than {STRANGERS_A_MINUTE} fetches a minute for hosts never approved")
        budget.append(now)

    @asynccontextmanager
    async def _slot(self, trusted: bool) -> AsyncIterator[None]:
        """One of the fetches at once. Strangers never hold all of them, or slow ones would keep ChatGPT waiting."""
        wanted = [self._slots] if trusted else [self._stranger_slots, self._slots]
        taken: list[asyncio.Semaphore] = []
        try:
            try:
                async with asyncio.timeout(QUEUE_SECONDS):
                    for semaphore in wanted:
                        await semaphore.acquire()
                        taken.append(semaphore)
            except TimeoutError as error:
                raise FetchFailed(f"{AT_ONCE} other fetches were running for {QUEUE_SECONDS:g} seconds") from error
            yield
        finally:
            for semaphore in taken:
                semaphore.release()

    async def _fetch(self, url: DocumentUrl, trusted: bool) -> Document:
        try:
            if self._is_own_host(url.host):
                raise FetchFailed("the host is our own")
            async with self._slot(trusted), asyncio.timeout(self._deadline):
                return await self._get(url)
        except FetchFailed as error:
            self.note_failure(url.text, str(error))
            raise
        except TimeoutError as error:
            raise self._failed(url.text, f"no answer within {self._deadline:g} seconds") from error
        except (OSError, httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as error:
            raise self._failed(url.text, f"{type(error).__name__}: {error}") from error
        except (httpcore2.ProxyError, httpcore2.UnsupportedProtocol, UnicodeError) as error:
            raise self._failed(url.text, f"{type(error).__name__}: {error}") from error

    async def _get(self, url: DocumentUrl) -> Document:
        proxy = self._network.proxy(url.host) if url.host in BUILT_IN_HOSTS else None
        addresses = None if proxy else await self._addresses(url.host)
        headers: dict[bytes | str, bytes | str] = {
            "Host": url.host,
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "Homeport",
        }
        async with (
            httpcore2.AsyncConnectionPool(
                ssl_context=self._network.tls,
                proxy=proxy,
                max_keepalive_connections=0,
                network_backend=_Pinned(self._network, url.host, addresses, self._deadline),
            ) as pool,
            pool.stream("GET", f"https://{url.host}{url.target}", headers=headers) as response,
        ):
            fresh_seconds = _check_head(response.status, response.headers)
            body = await _read(response.aiter_stream())
        return Document(body=body, value=_parse(body), fresh_seconds=fresh_seconds)

    async def _addresses(self, host: str) -> list[str]:
        """Resolve once; what comes back is checked here and connected to by `_Pinned`, never resolved again."""
        addresses = await self._network.resolve(host)
        if not addresses:
            raise FetchFailed("the host has no address")
        if host not in BUILT_IN_HOSTS:
            for address in addresses:
                if not is_public(address):
                    raise FetchFailed(f"the host resolves to {address}, which is not a public address")
        return addresses[:MAX_ADDRESSES]


def _class_of(url: str) -> str:
    """What failures and budgets are counted by: each built-in host by itself, all others together."""
    return next((host for host in BUILT_IN_HOSTS if url.startswith(f"https://{host}/")), "")


class _Pinned(httpcore2.AsyncNetworkBackend):
    """Connects to the checked addresses whatever name it is asked for; TLS still proves the name.

    Without addresses (a proxy of the system's) it connects to what it is told.
    """

    def __init__(self, network: Network, host: str, addresses: list[str] | None, deadline: float) -> None:
        self._network = network
        self._host = host
        self._addresses = addresses
        self._deadline = deadline

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        if self._addresses is None:
            return await self._network.connect(host, port, timeout=timeout)
        if (host, port) != (self._host, 443):
            raise httpcore2.ConnectError("only the checked host at port 443 may be connected to")
        share = self._deadline / (len(self._addresses) + 1)
        return await connect_to_one_of(self._network, self._addresses, port, share=share, last=timeout)


def _check_head(status: int, headers: list[tuple[bytes, bytes]]) -> int:
    """Whether the answer counts at all; returns for how many seconds. Raises FetchFailed."""
    values: dict[str, str] = {}
    for name, value in headers:
        key = name.decode("ascii", "replace").lower()
        text = value.decode("latin-1")
        values[key] = f"{values[key]}, {text}" if key in values else text
    if status != 200:
        raise FetchFailed(f"the answer was {status}, not 200")
    media_type = values.get("content-type", "").partition(";")[0].strip()
    if not _JSON_TYPE.fullmatch(media_type):
        raise FetchFailed("the answer is not JSON")
    if values.get("content-encoding", "identity").strip().lower() != "identity":
        raise FetchFailed("the answer is compressed, which was not asked for")
    length = values.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length[:20]) > MAX_BYTES:
        raise FetchFailed(f"the answer is longer than {MAX_BYTES} bytes")
    return _fresh_seconds(values.get("cache-control", ""))


def _fresh_seconds(cache_control: str) -> int:
    match = _MAX_AGE.search(cache_control)
    wanted = 0 if match is None or _USELESS.search(cache_control) else int(match[1])
    return min(max(wanted, MIN_FRESH), MAX_FRESH)


async def _read(stream: AsyncIterator[bytes]) -> bytes:
    body = bytearray()
    async for part in stream:
        body += part
        if len(body) > MAX_BYTES:
            raise FetchFailed(f"the answer is longer than {MAX_BYTES} bytes")
    return bytes(body)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FetchFailed("the answer is not well-formed JSON") from error


def _without_repeats(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two parsers may pick different ones of two equal members (RFC 8259 4): such a document says nothing."""
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a member occurs twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
