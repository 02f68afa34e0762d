"""What a person says yes to: which tools, what is new since last time, which scopes follow. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from homeport.auth import scopes
from homeport.auth.errors import InvalidScope
from homeport.auth.resources import Effect, ServedApp


@dataclass(frozen=True, slots=True)
class ConsentTool:
    name: str
    title: str
    effect: Effect
    new: bool


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """Everything consent shows of the app: `scopes` are those asked for, in a fixed order."""

    app: str
    scopes: tuple[str, ...]
    tools: tuple[ConsentTool, ...]
    asks_write: bool
    first_time: bool


def requested_scopes(app: ServedApp, asked: str | None, *, identity: bool) -> tuple[str, ...]:
    """The scopes a request can lead to. Unknown ones are left out (RFC 6749 3.3); none left is an error.

    No scope parameter means all that the app's tools need, and a refresh token.
    """
    if asked is None or not asked.strip():
        return scopes.ordered({*app.needed, scopes.OFFLINE_ACCESS})
    possible = set(app.grantable)
    if identity:
        possible |= {scopes.OPENID, scopes.EMAIL}
    wanted = [name for name in scopes.parse(asked) if name in possible]
    if not wanted:
        raise InvalidScope("None of the scopes that were asked for exists here.")
    return scopes.ordered(wanted)


def question(app: ServedApp, asked: Iterable[str], seen_before: frozenset[str]) -> ConsentQuestion:
    """What to show: the tools these scopes reach; `seen_before` are the tool names of the last consent."""
    names = scopes.ordered(asked)
    allowed = scopes.effective(names)
    tools = tuple(
        ConsentTool(t.name, t.title, t.effect, new=bool(seen_before) and t.name not in seen_before)
        for t in app.tools
        if t.needed <= allowed
    )
    return ConsentQuestion(
        app=app.name,
        scopes=names,
        tools=tools,
        asks_write=scopes.WRITE in names,
        first_time=not seen_before,
    )


def granted(asked: Iterable[str], *, without_write: bool) -> str:
    """The scope of the grant. Leaving `write` out keeps `read`, which it includes, and no step-up scope."""
    names = set(asked)
    if without_write and scopes.WRITE in names:
        names = (names & {scopes.OFFLINE_ACCESS, scopes.OPENID, scopes.EMAIL}) | {scopes.READ}
    return scopes.join(names)
