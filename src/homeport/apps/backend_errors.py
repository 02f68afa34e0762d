"""What a model reads when a call to the backend did not work, and the table from HTTP status to error.

Words never hold an address, a header or anything of an answer but what a backend says in the JSON of a refusal.

ToolError
|- NotFound                   404, 410
|- Conflict                   409, 412
|- SignInExpired              the person must sign in again: the client is told so and shows its sign-in
|- NoBackend                  the tool needs a backend and none is set
|- BackendError               all else that a backend does
   |- PathRefused             a value that cannot be part of an address; nothing was sent
   |- ProofRefused            401 for what Homeport sends: the owner has to set something right
   |- NotAllowed              403
   |- RequestRefused          any other 4xx
   |- BackendBusy             429, or too many calls at once from here
   |- BackendFailed           5xx
   |- BackendTimeout          no whole answer in time
   |- BackendUnreachable      no connection, or one that broke off
   |- AnswerNotUsable         not JSON, not what the tool expects, too large, a redirect
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json

from homeport.apps.errors import Conflict, NotFound, ToolError
from homeport.foreign_text import clean

SAID_LIMIT = 300
"""Characters of a backend's own words that reach the model."""

_SAYING = ("message", "detail", "error_description", "title", "error")
"""Where backends put their words: by custom, FastAPI, RFC 6749, RFC 9457."""


class SignInExpired(ToolError):
    """The person's own token for the backend is over. Whoever serves the call turns this into a new sign-in."""


class NoBackend(ToolError):
    """The tool needs a backend, and none is set."""

    def __init__(self) -> None:
        super().__init__(
            "This tool needs a backend, and Homeport has none. The owner sets its address: homeport --backend-url URL"
        )


class BackendError(ToolError):
    """The backend did not do what the tool asked."""


class PathRefused(BackendError):
    """A value cannot be part of an address at the backend; nothing was sent."""


class ProofRefused(BackendError):
    """The backend does not accept how Homeport says who the person is."""


class NotAllowed(BackendError):
    """The backend knows the person and does not allow this."""


class RequestRefused(BackendError):
    """The backend does not take what was sent."""


class BackendBusy(BackendError):
    """There are too many requests."""


class BackendFailed(BackendError):
    """The backend has an error of its own."""


class BackendTimeout(BackendError):
    """No whole answer came in time."""


class BackendUnreachable(BackendError):
    """There is no connection to the backend."""


class AnswerNotUsable(BackendError):
    """An answer came, and it is not one that the tool can use."""


def after(method: str) -> str:
    """What to do next, when nobody knows whether the request was carried out."""
    if method == "GET":
        return "Try again in a minute."
    return "It may have been done all the same: look before trying again."


def error_of(status: int, method: str, body: bytes, retry_after: float | None) -> ToolError:
    """The error for an answer that is neither a success nor a 401. `retry_after`: seconds."""
    if status in (404, 410):
        return NotFound("What this names does not exist at the backend, or not for this person." + _said(body))
    if status in (409, 412):
        return Conflict("The backend says that its state does not allow this." + _said(body))
    if status == 403:
        return NotAllowed("The backend does not allow this to this person." + _said(body))
    if status == 429:
        wait = "in a minute" if retry_after is None else f"in {max(1, round(retry_after))} seconds"
        return BackendBusy(f"The backend has too many requests. Try again {wait}.")
    if 400 <= status < 500:
        return RequestRefused(f"The backend does not take this (status {status})." + _said(body))
    if status >= 500:
        return BackendFailed(f"The backend failed (status {status}). {after(method)}")
    return AnswerNotUsable(f"The backend answered with status {status}, which a tool cannot use.")


def _said(body: bytes) -> str:
    """The backend's own words about a refusal, where its JSON holds some."""
    try:
        found = from_json(body)
    except ValueError:
        return ""
    words = "; ".join(_sayings(found))
    cleaned = clean(words, SAID_LIMIT)
    return f" It says: {cleaned}" if cleaned else ""


def _sayings(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
        return
    if not isinstance(found, dict):
        return
    for name in _SAYING:
        value = found.get(name)
        if isinstance(value, list):
            yield from _field_problems(value)
            return
        if value:
            yield from _sayings(value)
            return


def _field_problems(problems: list[Any]) -> Iterator[str]:
    """FastAPI's 422: where and what; the value it got is left out."""
    for problem in problems[:5]:
        if isinstance(problem, dict) and isinstance(problem.get("msg"), str):
            location = problem.get("loc")
            place = ".".join(str(part) for part in location) if isinstance(location, list) else ""
            yield f"{place}: {problem['msg']}" if place else problem["msg"]
        elif isinstance(problem, str):
            yield problem
