"""How Homeport and its tunnel are."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AppStatus:
    """One served app: where it is, how many tools it has, and what is wrong with it (empty: nothing)."""

    name: str
    path: str
    connector_url: str
    tools: int
    problem: str


@dataclass(frozen=True, slots=True)
class TunnelStatus:
    """How the way from outside is: `state` is off, needs-token, starting, downloading, up, reconnecting, down or error.

    `cause` and `action` are sentences, empty when all is well. `requests` and `bytes_out` are those of `month`
    (2026-01); a limit of 0: none is known. `progress` says how far a download is.
    """

    provider: str = "none"
    state: str = "off"
    cause: str = ""
    action: str = ""
    public_url: str = ""
    stable: bool = False
    requests: int = 0
    request_limit: int = 0
    bytes_out: int = 0
    byte_limit: int = 0
    month: str = ""
    progress: str = ""
    interstitial: str = ""
    """A page that the provider shows a browser before ours, and what to press there; empty: there is none."""
    expires_at: float = 0.0
    """When the provider takes the public URL away, in epoch seconds; 0: nobody says so."""


@dataclass(frozen=True, slots=True)
class TunnelCheck:
    """What a tunnel of this provider has and lacks on this computer.

    `program_source` is path, data folder or missing; `token` is kept, found or missing, `token_where` the place.
    """

    provider: str
    program: str
    program_source: str
    token: str
    token_where: str
    problem: str
    action: str
    stable_host: bool = True
    """Whether the same name comes back after a restart."""
    needs_account: bool = False
    """Whether one must have signed up with the provider."""


@dataclass(frozen=True, slots=True)
class Status:
    """How Homeport is: `state` is one of stopped, starting, online, stopping, error."""

    state: str
    problem: str
    connector_url: str
    local_url: str
    public_url: str
    tunnel: str
    apps: list[AppStatus]
    waiting: int
    grants: int
    secrets: str
    database: str
    data_dir: str
    version: str
    pid: int
    started_at: float
    warnings: list[str]
    paused: bool = False
    """Tools answer that Homeport is paused; sign-in, refresh and lists go on."""
    tunnel_state: TunnelStatus = field(default_factory=TunnelStatus)
    calls_waiting: int = 0
    """Calls of tools that wait for the owner's yes."""
    computer: str = ""
    """This computer's name, as people know it."""
    light: str = ""
    """All of this in one: stopped, starting, online, attention or error. `homeport.condition` says when."""
    words: str = ""
    """The same in a few words, such as "The tunnel is down: ChatGPT gets no answer"."""
