"""Who may call the control API: this run's token, and the sessions of browser pages.

`homeport open` gets a one-use code; the page trades it for a session token. There are no cookies, since a cookie
reaches every port of a host. Everything here ends with the process.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict

from homeport.clock import Clock, Randomness, system_clock, system_randomness

CODE_SECONDS = 60
MOST_CODES = 20
MOST_SESSIONS = 50


class Sessions:
    """Tokens are kept as digests and compared in constant time; the oldest session goes when there are too many."""

    def __init__(
        self, control_token: str, *, clock: Clock = system_clock, randomness: Randomness = system_randomness
    ) -> None:
        self._clock = clock
        self._randomness = randomness
        self._control_token = _digest(control_token)
        self._codes: OrderedDict[bytes, float] = OrderedDict()
        self._sessions: OrderedDict[bytes, None] = OrderedDict()

    def issue_code(self) -> str:
        """A code for the fragment of the dashboard's URL: good once, for 60 seconds."""
        code = self._randomness(24).hex()
        self._codes[_digest(code)] = self._clock() + CODE_SECONDS
        while len(self._codes) > MOST_CODES:
            self._codes.popitem(last=False)
        return code

    def trade(self, code: str) -> str | None:
        """A session token for a live code, which is used up by this; None for any other."""
        presented = _digest(code)
        found = next((known for known in self._codes if hmac.compare_digest(known, presented)), None)
        if found is None or self._codes.pop(found) <= self._clock():
            return None
        token = self._randomness(32).hex()
        self._sessions[_digest(token)] = None
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return token

    def knows(self, token: str) -> bool:
        presented = _digest(token)
        known = [hmac.compare_digest(digest, presented) for digest in (self._control_token, *self._sessions)]
        return any(known)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
