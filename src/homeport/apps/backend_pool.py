"""Sends the calls of all people to one backend, and keeps apart what belongs to each.

No cookies, no redirects, no address outside the backend's: what one person's call leaves behind reaches no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import httpx2
from pydantic import TypeAdapter

from homeport.apps.backend import Backend, BackendCall
from homeport.apps.backend_credentials import Credentials
from homeport.apps.backend_errors import (
    AnswerNotUsable,
    BackendBusy,
    BackendTimeout,
    BackendUnreachable,
    PathRefused,
    after,
    error_of,
)
from homeport.clock import Clock, Randomness, system_clock, system_randomness
from homeport.foreign_text import clean
from homeport.people.person import Person

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.2
"""Seconds before the first repetition; each further pause is about twice as long."""

_PASSES = frozenset({429, 502, 503, 504})
"""The statuses of failures that may be over in a moment."""

_KEPT_ADAPTERS = 500


@dataclass(frozen=True, slots=True)
class BackendLimits:
    connect_seconds: float = 5.0
    call_seconds: float = 20.0
    """For a whole call with its repetitions, where the tool does not say otherwise."""
    most_bytes: int = 5 * 1024 * 1024
    """Of one answer."""
    attempts: int = 3
    at_once: int = 32
    """Calls of everybody together; others wait for their turn within their time."""
    at_once_of_a_person: int = 16
    """So that nobody's calls alone take every turn."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    retry_after: float | None


class BackendPool:
    """One per engine. `http` is closed by whoever made it; nothing of it but its transport is used."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        http: httpx2.AsyncClient,
        *,
        limits: BackendLimits = BackendLimits(),
        clock: Clock = system_clock,
        random: Randomness = system_randomness,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`base_url` is http(s), without query and fragment; its path is kept before every other."""
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._http = http
        self._limits = limits
        self._clock = clock
        self._random = random
        self._pause = pause
        self._turns = asyncio.Semaphore(limits.at_once)
        # As long as somebody waits or calls: whoever does holds their own.
        self._turns_of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._adapters: dict[Any, TypeAdapter[Any]] = {}

    def of(self, person: Person, grant_id: str) -> Backend:
        """The backend for one call of this person's."""
        return Backend(partial(self._send, person, grant_id), adapter=self._adapter, random=self._random)

    async def _send(self, person: Person, grant_id: str, call: BackendCall) -> bytes:
        seconds = call.seconds or self._limits.call_seconds
        turn = False
        own_turns = self._turns_of.get(person.id)
        if own_turns is None:
            own_turns = self._turns_of[person.id] = asyncio.Semaphore(self._limits.at_once_of_a_person)
        try:
            async with asyncio.timeout(seconds), own_turns, self._turns:
                turn = True
                answer = await self._until_it_works(person, grant_id, call, asyncio.get_running_loop().time() + seconds)
        except TimeoutError:
            if not turn:
                raise BackendBusy("Too many calls to the backend wait. Try again in a minute.") from None
            logger.warning("The backend did not answer a %s within %g s", call.method, seconds)
            words = f"The backend did not answer within {seconds:g} seconds. {after(call.method)}"
            raise BackendTimeout(words) from None
        if answer.status == 401:
            raise self._credentials.refused(person)
        self._credentials.accepted()
        if 200 <= answer.status < 300:
            return answer.body
        if answer.status < 400 or answer.status >= 500:
            logger.warning("The backend answered a %s with status %d", call.method, answer.status)
        raise error_of(answer.status, call.method, answer.body, answer.retry_after)

    async def _until_it_works(self, person: Person, grant_id: str, call: BackendCall, deadline: float) -> _Answer:
        """The answer of the last attempt. Only calls that may be done twice have more than one."""
        loop = asyncio.get_running_loop()
        attempts = self._limits.attempts if call.repeatable else 1
        for attempt in range(1, attempts + 1):
            wait = self._back_off(attempt)
            try:
                answer = await self._attempt(person, grant_id, call, deadline - loop.time())
            except BackendUnreachable:
                if attempt == attempts or loop.time() + wait >= deadline:
                    raise
            else:
                if answer.retry_after is not None:
                    wait = max(wait, answer.retry_after)
                if answer.status not in _PASSES or attempt == attempts or loop.time() + wait >= deadline:
                    return answer
            await self._pause(wait)
        raise AssertionError("there is at least one attempt")

    async def _attempt(self, person: Person, grant_id: str, call: BackendCall, seconds: float) -> _Answer:
        # New proof for each attempt: a backend may refuse to see the same one twice.
        headers = {**await self._credentials.headers(person, grant_id), "Accept": "application/json"}
        # An answer is as large as it is: a compressed one could become any size in memory.
        headers |= {"Accept-Encoding": "identity", "User-Agent": "Homeport"}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if call.idempotency_key is not None:
            headers["Idempotency-Key"] = call.idempotency_key
        patience = {"connect": self._limits.connect_seconds, "read": seconds, "write": seconds, "pool": seconds}
        try:
            # Built by hand: a client adds its cookies to the requests that it builds.
            request = httpx2.Request(
                call.method,
                self._base_url + call.target,
                headers=headers,
                content=call.body,
                extensions={"timeout": patience},
            )
            response = await self._http.send(request, stream=True, auth=None, follow_redirects=False)
            try:
                return _Answer(
                    response.status_code, await self._read(response, call.method), self._retry_after(response)
                )
            finally:
                await response.aclose()
        except httpx2.InvalidURL:
            raise PathRefused("A value in this call cannot be part of an address at the backend.") from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            logger.warning("The backend cannot be reached: %s", _cause(error))
            raise BackendUnreachable(
                "The backend cannot be reached, so that nothing was done. Try again in a minute."
            ) from None
        except (httpx2.ReadTimeout, httpx2.WriteTimeout, httpx2.PoolTimeout):
            raise TimeoutError from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            logger.warning("The connection to the backend broke off during a %s: %s", call.method, _cause(error))
            words = f"The connection to the backend broke off. {after(call.method)}"
            raise BackendUnreachable(words) from None

    async def _read(self, response: httpx2.Response, method: str) -> bytes:
        """The body. Raises AnswerNotUsable for one that is too large or compressed."""
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            logger.warning("The backend compressed its answer to a %s, which it was asked not to do", method)
            raise AnswerNotUsable("The backend compressed its answer, which Homeport does not take.")
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_raw():
            size += len(part)
            if size > self._limits.most_bytes:
                logger.warning("The backend's answer to a %s has over %d bytes", method, self._limits.most_bytes)
                raise AnswerNotUsable(
                    f"The backend's answer is larger than {self._limits.most_bytes // 1024} kB. Ask for less at once."
                )
            parts.append(part)
        return b"".join(parts)

    def _retry_after(self, response: httpx2.Response) -> float | None:
        """RFC 9110 10.2.3: seconds, or a date."""
        text = response.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit() and len(text) < 9:
            return float(text)
        try:
            when = parsedate_to_datetime(text)
        except (ValueError, OverflowError):  # the latter for a year or an offset of many digits
            return None
        return max(0.0, when.replace(tzinfo=when.tzinfo or UTC).timestamp() - self._clock())

    def _back_off(self, attempt: int) -> float:
        """Seconds; spread, so that calls that failed together do not come back together."""
        spread = 0.5 + int.from_bytes(self._random(2), "big") / 65_536
        return float(FIRST_PAUSE * 2 ** (attempt - 1) * spread)

    def _adapter(self, into: Any) -> TypeAdapter[Any]:
        """Made once for each type: it costs more than a call."""
        try:
            known = self._adapters.get(into)
        except TypeError:  # not hashable, as Annotated[..., something mutable]
            return TypeAdapter(into)
        if known is None:
            if len(self._adapters) >= _KEPT_ADAPTERS:
                self._adapters.clear()  # an app that was loaded anew leaves its old types behind
            known = self._adapters[into] = TypeAdapter(into)
        return known


def _cause(error: Exception) -> str:
    return clean(f"{type(error).__name__}: {error}", 200)
