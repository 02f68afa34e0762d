"""What happens, as it happens. Tray, terminal, dashboard and the activity log subscribe; nobody asks twice.

No event carries a secret, a code that a person must type, or text that was not cleaned with `foreign_text.clean`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; `at` is seconds since the epoch."""

    at: float


@dataclass(frozen=True, slots=True)
class EngineStateChanged(Event):
    state: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class PublicUrlChanged(Event):
    """The connector URL ChatGPT must know is another one now (None: there is none).

    `old` is what was told before, also where nothing led here in between.
    """

    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class ApprovalRequested(Event):
    """Somebody waits for the owner. The code they see is not here: it must be typed."""

    number: int
    kind: str
    client: str
    redirect_host: str
    waiting: int
    verified: bool
    """Whether the client's host proves its name; a name without that is a mere claim."""
    notify: bool
    """False when a notification would be one too many: one a minute, none for a client denied twice lately."""


@dataclass(frozen=True, slots=True)
class ApprovalDecided(Event):
    number: int
    kind: str
    client: str
    outcome: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class ClientSeen(Event):
    """A client registered or presented a metadata document for the first time."""

    client_id: str
    client: str
    kind: str


@dataclass(frozen=True, slots=True)
class RedirectHostWaiting(Event):
    """A client wants to redirect to a host the owner has not allowed."""

    host: str
    client: str


@dataclass(frozen=True, slots=True)
class GrantCreated(Event):
    grant_id: str
    client: str
    person: str
    issuer: str = ""
    """At which of our addresses; the grant counts there only."""


@dataclass(frozen=True, slots=True)
class GrantRevoked(Event):
    grant_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ToolCalled(Event):
    """One tools/call, its three outcomes apart: HTTP status, JSON-RPC error code (0: none), tool outcome."""

    grant_id: str
    client_id: str
    person_id: str
    tool: str
    http: int
    rpc: int
    outcome: str
    milliseconds: float
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolsPaused(Event):
    """The owner paused the tools, or let them run again."""

    paused: bool


@dataclass(frozen=True, slots=True)
class CallAsked(Event):
    """A call of a tool waits for the owner's yes. What it would do is looked at before it is allowed: never here."""

    number: int
    tool: str
    client: str
    person: str
    waiting: int
    notify: bool = True
    """False when a notification would be one too many: one a minute, none for a client denied twice lately."""


@dataclass(frozen=True, slots=True)
class CallDecided(Event):
    """`outcome` is allowed, denied, expired (nobody answered) or withdrawn (its grant ended)."""

    number: int
    tool: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Discovered(Event):
    """Somebody read the public metadata that a connector begins with; `client` is what they call themselves."""

    client: str
    origin: str = ""
    """Which of our addresses they asked."""


@dataclass(frozen=True, slots=True)
class WidgetShown(Event):
    """A widget came one stage further: called (a tool that has it), fetched (its page) or started (its page acts)."""

    widget: str
    stage: str


@dataclass(frozen=True, slots=True)
class ToolListOutdated(Event):
    """A client still works with a tool list that is not today's: its user should press Refresh."""

    client_id: str
    client: str


@dataclass(frozen=True, slots=True)
class AppLoaded(Event):
    app: str
    tools: int


@dataclass(frozen=True, slots=True)
class AppFailed(Event):
    """An app folder has an error; the last good version keeps running."""

    app: str
    message: str


@dataclass(frozen=True, slots=True)
class WidgetBuilt(Event):
    """A widget's page is another one now."""

    widget: str
    milliseconds: float
    """Since its file was seen to have changed."""


@dataclass(frozen=True, slots=True)
class WidgetFailed(Event):
    """A widget has an error; its last good page stays. `kind` is "build" or "types", as which it is shown anyhow."""

    widget: str
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class ToolchainStep(Event):
    """What builds widgets is being installed, which happens once and takes a moment: `words` say how far it is."""

    words: str


@dataclass(frozen=True, slots=True)
class PastedWithoutPath(Event):
    """A client posts to `/`: the connector URL was pasted without its path."""


@dataclass(frozen=True, slots=True)
class TunnelStateChanged(Event):
    """The way from outside is another now; states as in `TunnelStatus`. `cause` and `action` are whole sentences."""

    provider: str
    state: str
    cause: str = ""
    action: str = ""
    public_url: str = ""
    progress: str = ""
    """How far a download is."""


@dataclass(frozen=True, slots=True)
class TunnelLimitNear(Event):
    """Four fifths of what the tunnel's provider allows in a month are used; `what` is requests or bytes."""

    provider: str
    used: int
    limit: int
    what: str


@dataclass(frozen=True, slots=True)
class SelfChecked(Event):
    """Homeport asked its own public URL what ChatGPT would ask; `ok`: all of it works."""

    ok: bool


@dataclass(frozen=True, slots=True)
class SelfCheckFailed(Event):
    """The first hop of the self-check that failed, with what is wrong and what to do. Follows on SelfChecked."""

    hop: str
    cause: str
    fix: str


Subscriber = Callable[[Event], None]


class EventBus:
    """Delivers events to subscribers in order; a subscriber that fails is logged and hurts nobody else."""

    def __init__(self) -> None:
        self._subscribers: dict[object, Subscriber] = {}

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` for every event from now on; returns what ends that."""
        # A key of its own: the same function may subscribe twice, and ends only what it began.
        subscription = object()
        self._subscribers[subscription] = subscriber

        def unsubscribe() -> None:
            self._subscribers.pop(subscription, None)

        return unsubscribe

    def publish(self, event: Event) -> None:
        for subscriber in tuple(self._subscribers.values()):
            try:
                subscriber(event)
            except Exception:
                logger.exception("A subscriber failed on %s", type(event).__name__)
