"""Judges what was found on this computer: settings, folder, database, secrets, keys, ports, clock, tunnel. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from homeport.doctor import hop
from homeport.doctor.hop import Hop
from homeport.errors import HomeportError

MOST_SKEW = 60.0
"""Seconds: beyond, a client's assertion or a fresh token counts as of another time (SECURITY, clients)."""
LITTLE_ROOM = 200 * 1024 * 1024
NO_ROOM = 20 * 1024 * 1024
"""Bytes free: a warning below the first, a failure below the second."""
NEAR = 0.8
"""Of a tunnel's limit: from here on it is worth a word."""


@dataclass(frozen=True, slots=True)
class PortUse:
    """Who has a port: `holder` is empty for nobody the system names, `ours` is this data folder's own Homeport."""

    name: str
    port: int
    free: bool
    ours: bool
    holder: str
    fixed: bool
    """It was given by hand, or a fixed public URL leads to it: it may not move."""


@dataclass(frozen=True, slots=True)
class PrivyFinding:
    """What Privy said has to be changed: what, where and how; `blocking`: nobody can sign in."""

    what: str
    where: str
    fix: str
    blocking: bool


def judge_settings(error: HomeportError | None, notices: Sequence[str]) -> Hop:
    if error is not None:
        return failed_by("settings", error, "Correct it there; docs/settings.md lists all settings.")
    if notices:
        return hop.warning("settings", " ".join(notices), "Take out what does not count any more.")
    return hop.ok("settings", "All are understood.")


def failed_by(name: str, error: HomeportError, fix: str = "") -> Hop:
    """A hop that failed with one of our own errors, which say what to do."""
    return hop.failed(name, error.message, error.hint or fix or "Look into Homeport's log.")


def judge_folder(path: str, error: HomeportError | None, *, exists: bool, problem: str) -> Hop:
    """`problem` is what the system said when a file was written there; `exists` is whether the folder is there yet."""
    if error is not None:
        return failed_by("data-folder", error)
    if problem:
        return hop.failed(
            "data-folder",
            f"Nothing can be written in {path}: {problem}.",
            "Give your user the right to write there, or choose another folder with --data-dir.",
        )
    return hop.ok("data-folder", path if exists else f"{path} (Homeport makes it at its first start)")


def judge_disk(path: str, free: int) -> Hop:
    """`free` is in bytes."""
    shown = f"{free / 1024**3:.1f} GB" if free >= 1024**3 else f"{free / 1024**2:.0f} MB"
    if free < NO_ROOM:
        return hop.failed(
            "disk",
            f"Only {shown} are free where {path} is: the database cannot be written for long.",
            "Make room on that disk, or move the data folder (--data-dir).",
        )
    if free < LITTLE_ROOM:
        return hop.warning("disk", f"Only {shown} are free where {path} is.", "Make room on that disk.")
    return hop.ok("disk", f"{shown} free")


def judge_keyring(title: str, warning: str) -> Hop:
    """Where the secrets are, and what is to be said about that place."""
    if warning:
        return hop.warning(
            "keyring", warning, "On a desktop: start Homeport inside the session, with its keyring open."
        )
    return hop.ok("keyring", f"Secrets are in {title}.")


def judge_keys(error: HomeportError | None, imported: str) -> Hop:
    """`imported` is the algorithm of a pair that was brought along, or nothing."""
    if error is not None:
        return failed_by("signing-keys", error)
    if imported:
        return hop.ok("signing-keys", f"JWT_PRIVATE_KEY and JWT_PUBLIC_KEY are one pair ({imported}).")
    return hop.ok("signing-keys", "Homeport makes and changes its own.")


def judge_ports(uses: Sequence[PortUse]) -> Hop:
    moved: list[str] = []
    for use in uses:
        if use.free or use.ours:
            continue
        who = use.holder or "another program"
        if use.fixed:
            return hop.failed(
                "ports",
                f"Port {use.port} ({use.name}) is taken by {who}.",
                f"End that program, or change {use.name} in homeport.toml (--{use.name.replace('_', '-')}).",
            )
        moved.append(f"{use.port} ({use.name}) by {who}")
    if moved:
        return hop.warning(
            "ports",
            f"Taken: {', '.join(moved)}. Homeport moves to a free one.",
            "Nothing, unless something of yours leads to that port: then end that program.",
        )
    return hop.ok("ports", ", ".join(f"{use.port} ({use.name}){' in use by Homeport' * use.ours}" for use in uses))


def judge_bundles(error: HomeportError | None, build_error: str) -> Hop:
    if error is not None:
        return failed_by("bundles", error)
    if build_error:
        return hop.warning("bundles", f"The last build failed: {build_error}", "Correct that, and build again.")
    return hop.ok("bundles", "They are there.")


def judge_privy(app_id: str, *, secret: bool, findings: Sequence[PrivyFinding], error: HomeportError | None) -> Hop:
    """What Privy says about the app; nothing was asked without an id and a secret."""
    if not app_id:
        return hop.failed(
            "privy",
            "sign_in is privy, but there is no privy_app_id.",
            "Run `homeport secrets set privy`: it asks for the app id and the secret.",
        )
    if not secret:
        return hop.failed(
            "privy",
            f"The app {app_id} has no app secret here, so no e-mail address can be asked for.",
            "Run `homeport secrets set privy`, or set PRIVY_APP_SECRET.",
        )
    if error is not None:
        return failed_by("privy", error)
    blocking = next((each for each in findings if each.blocking), None)
    if blocking is not None:
        return hop.failed("privy", blocking.what, f"{blocking.fix} ({blocking.where})")
    # The others are about one way to sign in, or what Privy does not tell: people do get in.
    worth_a_look = "".join(f" Worth a look: {each.what}" for each in findings)
    return hop.ok("privy", f"People can sign in with the app {app_id}.{worth_a_look}")


def judge_clock(date: str, now: float, who: str) -> Hop:
    """`date` is the Date header that came when this computer's clock said `now`; empty: nobody answered."""
    try:
        theirs = parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        theirs = None
    if theirs is None:
        return hop.skipped("clock", "Nothing on the internet answered that it could be compared with.")
    skew = now - theirs
    if abs(skew) > MOST_SKEW:
        direction = "ahead" if skew > 0 else "behind"
        return hop.failed(
            "clock",
            f"This computer's clock is {_span(abs(skew))} {direction} of {who}'s: fresh tokens count as expired or not "
            "valid yet.",
            "Set the clock, best by turning on automatic time in the system's settings (NTP).",
        )
    return hop.ok("clock", f"Right, compared with {who}")


def judge_tunnel(
    provider: str, state: str, cause: str, action: str, *, used: Sequence[tuple[str, int, int]], month: str
) -> Hop:
    """The tunnel as it is, and what it used of its limits: (what, used, limit), a limit of 0 where none is known."""
    if state in ("down", "error"):
        return hop.failed("tunnel", cause or f"The tunnel {provider} is {state}.", action or "Start Homeport again.")
    if state in ("needs-token", "starting", "downloading", "reconnecting"):
        return hop.warning(
            "tunnel", cause or f"The tunnel {provider} is not up yet: {state}.", action or "Wait a moment."
        )
    for what, spent, limit in used:
        if limit and spent >= limit:
            return hop.failed(
                "tunnel",
                f"{provider}'s {what} of {month} are used up: {spent:,} of {limit:,}.",
                "Wait for next month, take a larger plan, or choose another tunnel (the setting tunnel).",
            )
        if limit and spent >= NEAR * limit:
            return hop.warning(
                "tunnel",
                f"{provider}'s {what} of {month} are nearly used up: {spent:,} of {limit:,}.",
                "Take a larger plan, or choose another tunnel (the setting tunnel).",
            )
    if state == "off" or provider == "none":
        return hop.skipped("tunnel", "None: only this computer reaches Homeport.")
    return hop.ok("tunnel", f"{provider} is {state}")


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} seconds"
