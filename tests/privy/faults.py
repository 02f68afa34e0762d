"""Ways in which an endpoint or host of Privy can be down."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.privy.wire import Answer, HangUp, Request, SayNothing


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to be down; `times` is how often, None for ever; `readable` whether pages may read the answer (CORS)."""

    answer: Answer | None
    hang: bool = False
    readable: bool = True
    times: int | None = None

    def happen(self) -> Answer:
        """Raises HangUp or SayNothing where no answer comes."""
        if self.hang:
            raise SayNothing
        if self.answer is None:
            raise HangUp
        return self.answer


REFUSE = Fault(None)
"""The connection is cut; for a whole host it is refused where the way in can do that."""
HANG = Fault(None, hang=True)
"""No answer, ever."""
GARBAGE = Fault(Answer(200, b"<html>Just a moment...</html>", {"content-type": "text/html"}))
"""A page where JSON should be, as proxies and captive portals send it."""


def status(code: int, *, retry_after: int | None = None, readable: bool = True, times: int | None = None) -> Fault:
    """An error answer; `retry_after` in seconds."""
    headers = {"content-type": "application/json"}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    body = b'{"error":"Too many requests","code":"too_many_requests"}' if code == 429 else b'{"error":"Unavailable"}'
    return Fault(Answer(code, body, headers), readable=readable, times=times)


class Down(dict[str, Fault]):
    """Faults by endpoint (`POST /api/v1/sessions`, `GET /v1/users/*`), by host, or for all (`*`)."""

    def fault(self, request: Request) -> Fault | None:
        """The fault that this request meets; it counts as one time."""
        for what, fault in self.items():
            if fnmatchcase(request.endpoint, what) or what in (request.host, "*"):
                if fault.times is not None:
                    left = fault.times - 1
                    if left:
                        self[what] = Fault(fault.answer, fault.hang, fault.readable, left)
                    else:
                        del self[what]
                return fault
        return None

    def refuses(self, host: str) -> bool:
        """Whether connections to this host are refused outright."""
        return REFUSE in (self.get(host), self.get("*"))
