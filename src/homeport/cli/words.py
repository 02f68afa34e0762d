"""Values as a person reads them in a terminal. Foreign text is cleaned here once more before it is shown."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Sequence

from homeport.engine.protocol import PendingRequest, Status, TunnelStatus
from homeport.errors import HomeportError
from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed

CODE_DIGITS = 6


def count(number: int, one: str, many: str = "") -> str:
    """`1 request`, `3 requests`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def moment(seconds: float) -> str:
    """A time on this computer's clock; empty for 0, which means never."""
    return time.strftime("%d %b %Y, %H:%M", time.localtime(seconds)) if seconds else ""


def duration(seconds: float) -> str:
    """`7 s`, `12 min`, `3 h`, `2 days`."""
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def columns(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns under their headers, two spaces apart."""
    table = [list(headers), *(list(row) for row in rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(headers))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(r, widths, strict=True)).rstrip() for r in table
    )


def as_json(value: object) -> str:
    """Dataclasses, and lists and dictionaries of them, as indented JSON."""

    def plain(item: object) -> object:
        if isinstance(item, list):
            return [plain(each) for each in item]
        if isinstance(item, dict):
            return {name: plain(each) for name, each in item.items()}
        return dataclasses.asdict(item) if dataclasses.is_dataclass(item) and not isinstance(item, type) else item

    return json.dumps(plain(value), indent=2, ensure_ascii=True)


def error_lines(error: HomeportError) -> list[str]:
    """Title, message and hint; a message that is its title is said once, and an empty hint not at all."""
    title = [] if error.message.rstrip(".") == error.title else [error.title]
    return [as_typed(line) for line in (*title, error.message, *([error.hint] if error.hint else []))]


def client_name(request: PendingRequest) -> str:
    """The client, and whether its host proves who it is."""
    name = clean(request.client) or "A client without a name"
    return name if request.client_verified else f"{name} (unverified name)"


def code_digits(text: str) -> str | None:
    """A typed code without the spaces and hyphens people put into it; None when it cannot be a code."""
    digits = text.replace(" ", "").replace("-", "").strip()
    return digits if len(digits) == CODE_DIGITS and digits.isascii() and digits.isdecimal() else None


def tunnel_text(tunnel: TunnelStatus) -> str:
    """How the tunnel is, how much of its month is used, and what to do."""
    used = f"; {tunnel.requests:,} of {tunnel.request_limit:,} requests this month" if tunnel.request_limit else ""
    why = " ".join(filter(None, (clean(tunnel.cause, 300), clean(tunnel.action, 300), clean(tunnel.progress, 100))))
    return f"{tunnel.provider}, {tunnel.state}{used}" + (f". {why}" if why else "")


def status_text(status: Status, now: float) -> str:
    """`homeport status`."""
    head = f"Homeport is {status.state}" + (f": {clean(status.problem, 400)}" if status.problem else ".")
    facts = [("connector URL", status.connector_url)]
    if status.local_url != status.connector_url:
        facts.append(("local URL", status.local_url))
    facts.append(("public URL", status.public_url or "none: only this computer can reach it"))
    if status.tunnel_state.provider not in ("none", "fixed"):
        facts.append(("tunnel", tunnel_text(status.tunnel_state)))
    for app in status.apps:
        trouble = f"; {clean(app.problem, 400)}" if app.problem else ""
        facts.append(("app", f"{clean(app.name)} at {app.path}, {count(app.tools, 'tool')}{trouble}"))
    if status.paused:
        facts.append(("tools", "paused: each call is answered with that"))
    if status.calls_waiting:
        facts.append(("calls", f"{count(status.calls_waiting, 'call')} for your yes (see `homeport calls`)"))
    waiting = count(status.waiting, "request") + (" (see `homeport pending`)" if status.waiting else "")
    facts += [
        ("waiting", waiting),
        ("grants", str(status.grants)),
        ("secrets", clean(status.secrets, 200)),
        ("database", clean(status.database, 200)),
        ("data folder", status.data_dir),
        ("running", f"for {duration(max(0, now - status.started_at))}, process {status.pid}, version {status.version}"),
    ]
    lines = [head, *(f"  {name:<14} {value}" for name, value in facts)]
    return as_typed("\n".join([*lines, *(f"  ! {clean(warning, 400)}" for warning in status.warnings)]))
