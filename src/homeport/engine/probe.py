"""Learns this computer's own public network, by asking the own public URL and reading who the tunnel says that was.

The answer decides nothing but a warning and a default: whether a browser that asks for access sits in the same network.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable

from homeport.auth.browsers import UNKNOWN_NETWORK, forwarded_network
from homeport.clock import Clock, Randomness
from homeport.network import Network

logger = logging.getLogger(__name__)

PROBE_HEADER = "homeport-probe"
PROVIDER_ERROR = "ngrok-error-code"
SECONDS = 10.0
STALE_SECONDS = 60.0
GOOD_SECONDS = 15 * 60.0


class SelfProbe:
    """One per engine; the token is this process's own, so that nobody else's request teaches us anything."""

    def __init__(self, random: Randomness, clock: Clock) -> None:
        self._token = random(16).hex()
        self._clock = clock
        self._learned: str | None = None
        self._asked_at = self._learned_at = float("-inf")
        self._times_heard = 0

    @property
    def own_network(self) -> str | None:
        """This computer's public network, or None: not known, or not lately."""
        return self._learned if self._clock() < self._learned_at + GOOD_SECONDS else None

    @property
    def stale(self) -> bool:
        """Whether it is time to ask again: a laptop changes its network."""
        return self._clock() >= self._asked_at + STALE_SECONDS

    @property
    def headers(self) -> dict[str, str]:
        """What this process's own requests to its own public URL carry."""
        return {PROBE_HEADER: self._token}

    def is_own(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether this process sent the request itself, by way of its public URL: then it is no client's."""
        return any(
            name == PROBE_HEADER.encode() and hmac.compare_digest(value, self._token.encode())
            for name, value in headers
        )

    def heard(self, headers: list[tuple[bytes, bytes]]) -> None:
        """The public listener tells of a request to /health."""
        if not self.is_own(headers):
            return
        hops = [hop for name, value in headers if name == b"x-forwarded-for" for hop in value.split(b",")]
        network = forwarded_network(hops[-1].decode("latin-1")) if hops else UNKNOWN_NETWORK
        # Browsers whose network nobody knows are not in ours because nobody knows ours either.
        self._learned = network if network != UNKNOWN_NETWORK else None
        self._learned_at = self._clock()
        self._times_heard += 1

    async def ask(self, public_url: str, network: Network) -> str:
        """Send one request to the own public URL, by way of `network`; failing teaches nothing and is no error.

        Returns the error of the tunnel's provider where that answers in our place, else nothing.
        """
        import httpx2

        from homeport.outbound import http_client

        self._asked_at = self._clock()
        heard_before = self._times_heard
        try:
            async with http_client(network, timeout=SECONDS) as client:
                answer = await client.get(f"{public_url}/health", headers=self.headers)
                return answer.headers.get(PROVIDER_ERROR, "")[:64] if answer.status_code >= 400 else ""
        except (httpx2.HTTPError, OSError) as error:
            if self._times_heard == heard_before:  # it may have come here, and its answer got lost on the way back
                self._learned = None
            logger.info("The public URL did not answer the probe: %s", type(error).__name__)
        return ""

    def forget(self) -> None:
        self._learned, self._asked_at = None, float("-inf")
