"""From the Engine's answers to what the menu shows. Pure: asks nothing, and shows nothing."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from homeport.desktop.menu import Seen, Waiting
from homeport.engine.protocol import CallRequest, PendingRequest, Status
from homeport.foreign_text import clean

CALM_TUNNELS = ("off", "up", "starting", "downloading")


def seen_of(
    status: Status,
    pending: Sequence[PendingRequest],
    calls: Sequence[CallRequest],
    *,
    app_folder: bool,
    at_login: bool | None,
) -> Seen:
    """What the menu needs to know, of what the Engine says now."""
    tunnel = status.tunnel_state
    waiting = [*map(_call, (call for call in calls if call.waiting)), *map(_request, pending)]
    return Seen(
        engine=status.state,
        problem=status.problem or ("" if tunnel.state in CALM_TUNNELS else tunnel.cause),
        tunnel=tunnel.state,
        host=urlsplit(status.public_url).netloc,
        can_copy=bool(status.connector_url),
        paused=status.paused,
        app_problem=next((app.problem for app in status.apps if app.problem), ""),
        waiting=tuple(waiting),
        app_folder=app_folder,
        at_login=at_login,
    )


def _request(request: PendingRequest) -> Waiting:
    name = clean(request.client, 30) if request.client_verified else f"{clean(request.client, 30)} (unverified name)"
    return Waiting(request.number, f"{name}, returns to {clean(request.redirect_host, 40)}")


def _call(call: CallRequest) -> Waiting:
    return Waiting(call.number, f"{clean(call.title or call.tool, 30)} for {clean(call.client, 30)}", is_call=True)
