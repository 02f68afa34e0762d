"""All that the doctor sends and receives: names, certificates, requests. Judges nothing, follows no redirect.

It asks MOST_REQUESTS times at most, whatever the answers are.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpcore2
import httpx2

from homeport.clock import Clock, system_clock
from homeport.doctor.address import Target
from homeport.doctor.answer import Answer, NoAnswer, Outcome, Trouble, events, origin_of
from homeport.doctor.outside import PRIVATE, Outside
from homeport.doctor.reach import Certificate, is_address
from homeport.network import Network, connect_to_one_of
from homeport.outbound import http_client

MOST_REQUESTS = 16
SECONDS = 10.0
"""For the name, for the certificate, and for each request."""
MOST_BYTES = 4 * 1024 * 1024
"""Bytes of a body that are read: a widget's page may be large."""


class Asking:
    """One visit's client."""

    def __init__(
        self,
        network: Network,
        *,
        seconds: float = SECONDS,
        most: int = MOST_REQUESTS,
        clock: Clock = system_clock,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._clock = clock
        self._network = network = Outside(network)
        self._seconds = seconds
        self._most = most
        self._own: tuple[str, Mapping[str, str]] = ("", {})
        self._timer = timer
        self._http = http_client(network, timeout=seconds, kept_open=seconds)
        self.requests = 0
        self.date = ""
        """The Date header of the last https answer; `date_read_at` is what this computer's clock said then."""
        self.date_read_at = 0.0

    def add_to(self, origin: str, headers: Mapping[str, str]) -> None:
        """From now on each request to this origin, and to no other, carries these headers."""
        self._own = (origin, dict(headers))

    def goes_by_proxy(self, target: Target) -> bool:
        """Whether a proxy makes the connections, as `http_client` chooses: it looks names up itself."""
        return target.secure and not target.local and self._network.proxy(target.host) is not None

    def stay_outside(self, addresses: Sequence[str], *, by_proxy: bool) -> None:
        """Ask nobody in this network from now on, unless the server that has these addresses is in it."""
        self._network.stay_outside(addresses, by_proxy=by_proxy)

    async def close(self) -> None:
        await self._http.aclose()

    async def addresses(self, host: str) -> tuple[list[str], str]:
        """The addresses of a name, or none and why; an address is its own."""
        if is_address(host):
            return [host], ""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._network.resolve(host), ""
        except TimeoutError:
            return [], "the DNS did not answer in time"
        except (OSError, UnicodeError, ValueError) as error:
            return [], getattr(error, "strerror", None) or "there is no such name"

    async def certificate(self, target: Target, addresses: list[str]) -> Certificate | NoAnswer | None:
        """What the server shows in its TLS handshake, verified as each request verifies it; None: through a proxy."""
        if self.goes_by_proxy(target):
            return None
        verified = await self._handshake(target, addresses, self._network.tls)
        if not isinstance(verified, ssl.SSLError):
            return verified
        problem = getattr(verified, "verify_message", "")
        if not problem:
            return NoAnswer(target.urls[0], "tls", verified.reason or "")
        # Once more without verifying, only to tell whose certificate it is. Nothing is sent over it.
        unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
        shown = await self._handshake(target, addresses, unverified, problem)
        return shown if isinstance(shown, Certificate) else Certificate((), "", 0, 0, problem)

    async def ask(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> tuple[Outcome, float]:
        """One request, and how many milliseconds it took. Never raises."""
        if self.requests >= self._most:
            return NoAnswer(url, "too-many"), 0.0
        self.requests += 1
        began = self._timer()
        try:
            async with asyncio.timeout(2 * self._seconds):
                outcome: Outcome = await self._request(method, url, headers or {}, content)
        except TimeoutError:
            outcome = NoAnswer(url, "silent")
        except (httpx2.InvalidURL, ValueError):
            outcome = NoAnswer(url, "name", "this is no address")
        except (httpx2.HTTPError, OSError) as error:
            outcome = NoAnswer(url, *_why(error))
        return outcome, (self._timer() - began) * 1000

    async def _request(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
        origin, own = self._own
        sent = {**headers, **own} if origin and origin_of(url) == origin else headers
        async with self._http.stream(method, url, headers=sent, content=content) as answer:
            found = {name.lower(): value for name, value in answer.headers.multi_items()}
            if url.startswith("https://") and "date" in found:
                self.date, self.date_read_at = found["date"], self._clock()
            streams = found.get("content-type", "").lower().startswith("text/event-stream")
            body, stream = bytearray(), _Stream()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MOST_BYTES or (streams and stream.has_result(part)):
                    break
            return Answer(url, answer.status_code, found, bytes(body))

    async def _handshake(
        self, target: Target, addresses: list[str], context: ssl.SSLContext, problem: str = ""
    ) -> Certificate | NoAnswer | ssl.SSLError:
        url = target.urls[0]
        try:
            async with asyncio.timeout(self._seconds):
                share = self._seconds / max(1, len(addresses[:4]))
                stream = await connect_to_one_of(
                    self._network, addresses[:4], target.port, share=share, last=self._seconds
                )
                try:
                    secured = await stream.start_tls(context, server_hostname=target.host, timeout=self._seconds)
                    return _certificate(secured.get_extra_info("ssl_object"), problem)
                finally:
                    await stream.aclose()
        except TimeoutError:
            return NoAnswer(url, "silent")
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout, OSError) as error:
            wrong = _cause(error, ssl.SSLError)
            return wrong if isinstance(wrong, ssl.SSLError) else NoAnswer(url, *_why(error))


def _certificate(connection: Any, problem: str) -> Certificate:
    """Read with cryptography, since Python tells nothing of a certificate it did not verify."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    encoded = connection.getpeercert(binary_form=True) if connection is not None else None
    if not encoded:
        return Certificate((), "", 0, 0, problem)
    parsed = x509.load_der_x509_certificate(encoded)
    names: list[str] = []
    try:
        alternatives = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [*alternatives.get_values_for_type(x509.DNSName)]
        names += [str(address) for address in alternatives.get_values_for_type(x509.IPAddress)]
    except x509.ExtensionNotFound:
        names = [str(each.value) for each in parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        if found := parsed.issuer.get_attributes_for_oid(kind):
            issuer = str(found[0].value)
            break
    else:
        issuer = ""
    begins, ends = parsed.not_valid_before_utc.timestamp(), parsed.not_valid_after_utc.timestamp()
    return Certificate(tuple(names), issuer, begins, ends, problem)


def _why(error: BaseException) -> tuple[Trouble, str]:
    wrong = _cause(error, ssl.SSLError)
    if isinstance(wrong, ssl.SSLError):
        return "tls", getattr(wrong, "verify_message", "") or wrong.reason or ""
    if isinstance(error, (httpx2.TimeoutException, httpcore2.TimeoutException)):
        return "silent", ""
    if isinstance(error, httpx2.ProxyError):
        return "proxy", ""
    if isinstance(error, httpx2.RemoteProtocolError):
        return "no-http", ""
    if isinstance(error, (httpx2.ConnectError, httpcore2.ConnectError, ConnectionRefusedError)):
        if "has no address" in str(error):
            return "name", ""
        if PRIVATE in str(error):
            return "private", ""
        return "refused", ""
    return "broken", ""


def _cause(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    """The error of this kind among those that led to `error`."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, kind):
            return error
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None


class _Stream:
    """Tells when a stream has said what was asked: what follows is not waited for. Reads each event once."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def has_result(self, part: bytes) -> bool:
        begin = max(0, len(self._rest) - 3)
        self._rest += part
        ends = [at + len(end) for end in (b"\n\n", b"\r\n\r\n") if (at := self._rest.rfind(end, begin)) >= 0]
        if not ends:
            return False
        whole = bytes(self._rest[: max(ends)])
        del self._rest[: max(ends)]
        return any(_is_result(text) for text in events(whole.decode("utf-8", "replace")))


def _is_result(text: str) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "id" in value
