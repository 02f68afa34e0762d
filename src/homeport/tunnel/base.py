"""What a tunnel is to the engine: something that starts, has a public URL, says how it is, and stops."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from homeport.errors import TunnelError


@dataclass(frozen=True, slots=True)
class TunnelInfo:
    """A public URL that leads here now. `stable`: the same name comes back after a restart."""

    public_url: str
    stable: bool
    provider: str
    expires_at: float | None = None
    """When the provider takes it away, in epoch seconds. None: not while the tunnel runs, or nobody says so."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a person can know of a tunnel before it starts. Limits in numbers are `Limits`."""

    stable_host: bool = True
    """The same name comes back after a restart."""
    needs_account: bool = False
    """Somebody must have signed up with the provider."""
    browser_interstitial: str = ""
    """The page that a browser is shown before ours, and how to get past it, as a sentence; empty: there is none."""


class Tunnel(Protocol):
    """One provider. `start` may raise TunnelError, with the cause and what to do."""

    @property
    def provider(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    async def start(self, local_url: str) -> TunnelInfo | None:
        """Lead a public URL to `local_url`; None: there is no public URL, and that is as it should be."""
        ...

    async def stop(self) -> None: ...


class Again(enum.Enum):
    """When a start that failed is worth another try."""

    SOON = "soon"
    """After a growing pause."""
    NETWORK = "network"
    """The network was missing: after short pauses, and at once when this computer's address changes."""
    HOURLY = "hourly"
    """A limit was reached that ends by itself."""
    NEVER = "never"
    """Only when somebody has changed something."""


class TunnelFault(TunnelError):
    """Why there is no tunnel: `message` is the cause, `hint` what to do. `tokenless`: it asks for a token."""

    def __init__(self, cause: str, *, action: str, again: Again, tokenless: bool = False, code: str = "") -> None:
        super().__init__(cause, hint=action)
        self.again = again
        self.tokenless = tokenless
        self.provider_code = code
        """The provider's own name of this fault, such as ERR_NGROK_334."""


class Happening(enum.Enum):
    """What a tunnel can be heard to do, and what can be done to it; the supervisor knows what follows."""

    BEGIN = "begin"
    DOWNLOAD = "download"
    DOWNLOADED = "downloaded"
    CAME_UP = "came up"
    LOST = "lost"
    """The way is interrupted, and the program that holds it tries to mend that by itself."""
    BACK = "back"
    ENDED = "ended"
    """The program or connection that held the way is gone, or could not be started."""
    WOKE = "woke"
    """This computer slept, or has another network now."""
    CHANGED = "changed"
    """Somebody changed a setting or a token, or wants a fresh start."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that happened to a tunnel. `words` say how far a download is; `fault` is why it was lost or ended."""

    what: Happening
    fault: TunnelFault | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a provider allows in a month; 0: no limit is known."""

    requests: int = 0
    bytes_out: int = 0


@dataclass(frozen=True, slots=True)
class Preflight:
    """What is there before a start. `program_source`: path, data folder or missing; `token`: kept, found, missing."""

    provider: str
    program: str = ""
    program_source: str = ""
    token: str = ""
    token_where: str = ""
    problem: str = ""
    action: str = ""


@runtime_checkable
class WatchedTunnel(Tunnel, Protocol):
    """A tunnel that takes its time, can be lost, and comes back: it is started in the background and watched.

    After `start` returned, whatever happens is told to `heard`, in the loop's own thread, until `stop` returns.
    """

    heard: Callable[[Heard], None]
    wanted: str
    """The public URL that was had last, to be had again; empty: none."""

    @property
    def limits(self) -> Limits: ...

    async def preflight(self) -> Preflight:
        """What there is and what is missing. Starts nothing that goes into the network."""
        ...

    async def alive(self) -> bool:
        """Whether what holds the way answers. Asked every few seconds."""
        ...

    def understands(self, error: str) -> TunnelFault | None:
        """What an error means that the provider's servers answered with in our place; None: nothing lasting."""
        ...
