"""One connection of a client, as far as uvicorn lets strangers do as they like. Loads uvicorn; knows no app."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from homeport.listening.limits import HEAD_BYTES, Limits


class GuardedConnection(HttpToolsProtocol):
    """Answers 400 to a target in absolute form (RFC 9112 3.2.2), which could name a host beside the Host header,
    and to a head (or trailer) larger than HEAD_BYTES, which the parser would keep in memory without any limit.

    Closes a connection that brings no complete head in time, nor the rest of a body after its answer; uvicorn
    itself waits for both without any limit. Keeps the number of connections of its server within limits."""

    _limits: Limits
    _unfinished = 0
    _in_head = False
    _in_body = False
    _deadline: asyncio.TimerHandle | None = None
    _waits_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._waits_since = self.loop.time()
        if len(self.connections) > self._limits.most_connections:
            guarded = (each for each in self.connections if isinstance(each, GuardedConnection) and not each._answers())
            # This one is among them: it goes itself when all others are being answered.
            min(guarded, key=lambda each: each._waits_since)._cut()
        if not transport.is_closing():
            self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unfinished += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._unfinished > HEAD_BYTES:
            self.send_400_response("The head of the request is too large.")
        elif self._deadline is None and self._owes():
            self._arm()

    def _owes(self) -> bool:
        """Whether a head has begun, if only with an empty line, or a body goes on though its answer was given."""
        if self._in_body:
            return self.cycle.response_complete
        return self._in_head or self._unfinished > 0

    def _answers(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    def _arm(self) -> None:
        self._deadline = self.loop.call_later(self._limits.head_seconds, self._out_of_time)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _out_of_time(self) -> None:
        if self._answers():  # the next head came early, in parts: the answer before it is not cut off
            self._arm()
        else:
            self._cut()

    def _cut(self) -> None:
        self._disarm()
        self.connections.discard(self)
        self.transport.abort()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_response_complete(self) -> None:
        self._waits_since = self.loop.time()
        super().on_response_complete()
        if self._in_body and self._deadline is None:
            self._arm()

    def on_url(self, url: bytes) -> None:
        if not self.url and not url.startswith((b"/", b"*")):
            raise ValueError("the request target is not in origin form")
        super().on_url(url)

    def on_headers_complete(self) -> None:
        self._unfinished = 0
        self._in_head, self._in_body = False, True
        self._disarm()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unfinished = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unfinished = 0
        self._in_body = False
        self._disarm()
        super().on_message_complete()


def guarded_by(limits: Limits) -> type[GuardedConnection]:
    """The class whose connections keep within `limits`: uvicorn makes them, and hands nothing on."""
    return type("GuardedConnection", (GuardedConnection,), {"_limits": limits})
