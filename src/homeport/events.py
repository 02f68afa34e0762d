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
    """The connector URL ChatGPT must know is another one now (None: there is none)."""

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
