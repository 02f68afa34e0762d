"""The one cache of other people's public keys: Privy's, and those of clients that sign their assertions.

Must not fetch by itself: the guarded fetch is handed in. It never returns a key that is not for RS256 or ES256.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from homeport.clock import Clock, system_clock
from homeport.keys.jwk import algorithm_of

logger = logging.getLogger(__name__)

Fetch = Callable[[str], Awaitable[bytes]]
"""The body of a URL, or an exception."""

ALGORITHMS = ("RS256", "ES256")
FRESH_FOR = 3_600
"""Seconds until a key set is asked for again, so that a withdrawn key stops counting."""
STALE_FOR = 7 * 86_400
"""Seconds a key set still serves while fetching fails."""
RETRY_AFTER = 60
"""Seconds between two fetches of one URI, whatever the reason."""
REMEMBERED = 256
"""Key sets in memory, and files in the folder."""
MOST_KEYS = 64
LONGEST_RSA = 8_192
"""Bits. Verifying with a longer key would cost a stranger nothing and us a lot."""


class RemoteKeyError(Exception):
    """No key to verify with. The message is for the log."""


class UnknownKey(RemoteKeyError):
    """The key set has no such key, or not for this algorithm."""


class KeysUnavailable(RemoteKeyError):
    """The key set could not be fetched, and no copy is young enough."""


class AskedJustNow(KeysUnavailable):
    """The last fetch is too recent for another one."""


@dataclass(frozen=True, slots=True)
class _KeySet:
    keys: tuple[PyJWK, ...]
    document: Mapping[str, Any]
    fetched_at: float

    @classmethod
    def parse(cls, document: object, fetched_at: float) -> _KeySet:
        """Raises ValueError for anything but a JWKS; keys of other kinds are left out."""
        entries = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(document, dict) or not isinstance(entries, list):
            raise ValueError("not a JWKS")
        keys = (_usable(entry) for entry in entries[:MOST_KEYS] if isinstance(entry, dict))
        return cls(tuple(key for key in keys if key is not None), document, fetched_at)

    def find(self, kid: str | None, alg: str) -> PyJWK | None:
        """The key of that name; without a name only when there is no choice."""
        suiting = [key for key in self.keys if key.algorithm_name == alg and (kid is None or key.key_id == kid)]
        return suiting[0] if suiting and (kid is not None or len(suiting) == 1) else None


class RemoteKeys:
    """Key sets by URI, in memory and in `folder`. Belongs to one event loop.

    `first_retry`: seconds until a key set that was never had is asked for again; somebody may be waiting for it.
    """

    def __init__(
        self, *, fetch: Fetch, folder: Path, first_retry: float = RETRY_AFTER, clock: Clock = system_clock
    ) -> None:
        self._first_retry = first_retry
        self._fetch = fetch
        self._folder = folder
        self._clock = clock
        self._sets: OrderedDict[str, _KeySet] = OrderedDict()
        self._attempts: OrderedDict[str, float] = OrderedDict()
        self._fetching: dict[str, asyncio.Task[_KeySet]] = {}

    async def key(self, jwks_uri: str, kid: str | None, alg: str) -> PyJWK:
        """The key that verifies `alg` (RS256 or ES256). Raises UnknownKey, KeysUnavailable."""
        if alg not in ALGORITHMS:
            raise UnknownKey("the algorithm is not one that is used here")
        now = self._clock()
        known = self._known(jwks_uri)
        if known is not None and now - known.fetched_at >= STALE_FOR:
            known = None
        fresh = known is not None and 0 <= now - known.fetched_at < FRESH_FOR
        if known is not None and (fresh or not self._may_fetch(jwks_uri)):
            found = known.find(kid, alg)
            if found is not None:
                return found
        unreachable = False
        try:
            current = await self._fetched(jwks_uri)
        except KeysUnavailable as error:
            if known is None:
                raise
            current, unreachable = known, not isinstance(error, AskedJustNow)
        found = current.find(kid, alg)
        if found is None and unreachable:
            # The owner of the keys may have a new one: nobody can tell now.
            raise KeysUnavailable("the key is not among those known, and no newer ones can be fetched")
        if found is None:
            raise UnknownKey(f"the key set has no {alg} key of that name")
        return found

    async def close(self) -> None:
        """End the fetches that are under way."""
        tasks = list(self._fetching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _may_fetch(self, uri: str) -> bool:
        pause = RETRY_AFTER if uri in self._sets else self._first_retry
        return not 0 <= self._clock() - self._attempts.get(uri, float("-inf")) < pause

    async def _fetched(self, uri: str) -> _KeySet:
        """A key set from the other side; all who ask meanwhile wait for the same answer."""
        task = self._fetching.get(uri)
        if task is None:
            if not self._may_fetch(uri):
                raise AskedJustNow("the key set was asked for less than a minute ago")
            task = asyncio.create_task(self._fetch_and_store(uri))
            self._fetching[uri] = task
            task.add_done_callback(lambda _: self._fetching.pop(uri, None))
        # Shielded: one caller that leaves does not take the answer from the others.
        return await asyncio.shield(task)

    async def _fetch_and_store(self, uri: str) -> _KeySet:
        self._attempts[uri] = self._clock()
        self._attempts.move_to_end(uri)
        while len(self._attempts) > REMEMBERED:
            self._attempts.popitem(last=False)
        try:
            found = _KeySet.parse(json.loads(await self._fetch(uri)), self._clock())
        except Exception as error:
            logger.info("A key set could not be fetched: %s", type(error).__name__)
            raise KeysUnavailable(f"the key set could not be fetched: {type(error).__name__}") from error
        self._remember(uri, found)
        self._write(uri, found)
        return found

    def _known(self, uri: str) -> _KeySet | None:
        if uri not in self._sets and (stored := self._read(uri)) is not None:
            self._remember(uri, stored)
        return self._sets.get(uri)

    def _remember(self, uri: str, key_set: _KeySet) -> None:
        self._sets[uri] = key_set
        self._sets.move_to_end(uri)
        while len(self._sets) > REMEMBERED:
            self._sets.popitem(last=False)

    def _file(self, uri: str) -> Path:
        return self._folder / f"{hashlib.sha256(uri.encode()).hexdigest()[:32]}.json"

    def _read(self, uri: str) -> _KeySet | None:
        try:
            stored = json.loads(self._file(uri).read_bytes())
            if stored["uri"] != uri:
                return None
            return _KeySet.parse(stored["jwks"], float(stored["fetched_at"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def _write(self, uri: str, key_set: _KeySet) -> None:
        # Public keys, and only a copy: a failure costs one fetch after the next start.
        file = self._file(uri)
        stored = json.dumps({"uri": uri, "fetched_at": key_set.fetched_at, "jwks": key_set.document})
        partial = file.with_suffix(".partial")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not file.exists():
                self._make_room()
            partial.write_text(stored, encoding="utf-8")
            os.replace(partial, file)
        except OSError as error:
            logger.info("A key set could not be stored: %s", error.strerror)

    def _make_room(self) -> None:
        files = list(self._folder.glob("*.json"))
        if len(files) >= REMEMBERED:
            min(files, key=lambda file: file.stat().st_mtime).unlink(missing_ok=True)


def _usable(entry: Mapping[str, Any]) -> PyJWK | None:
    """The key, or None when it is not a public signing key for RS256 or ES256."""
    operations = entry.get("key_ops", ["verify"])
    if entry.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    # A private or symmetric key in a public place proves nothing.
    if entry.get("kty") not in ("RSA", "EC") or "d" in entry:
        return None
    algorithm = "RS256" if entry["kty"] == "RSA" else "ES256"
    if entry.get("alg", algorithm) != algorithm:
        return None
    try:
        key = PyJWK(dict(entry), algorithm)
        if not isinstance(key.key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)) or algorithm_of(key.key) != algorithm:
            return None
        if isinstance(key.key, rsa.RSAPublicKey) and key.key.key_size > LONGEST_RSA:
            return None
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    return key
