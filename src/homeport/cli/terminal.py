"""The terminal Homeport runs in takes the codes. It reads beside the server and never holds it up."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import deque
from collections.abc import Callable

from homeport.cli.approving import Choices, approve_in_words, approved_text, nothing_allowed_text, request_line
from homeport.cli.live import line_for
from homeport.cli.words import code_digits, count, error_lines
from homeport.engine.protocol import Approved, EngineMethods
from homeport.errors import HomeportError
from homeport.events import ApprovalDecided, ApprovalRequested, Event
from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed

logger = logging.getLogger(__name__)

LINE_BYTES = 4096
HELP = "Type the six digits that the waiting page shows, `pending` to see who waits, or `deny NUMBER`."


class TypedLines:
    """The lines typed on a file descriptor. A thread waits for them; it dies with the process and holds no lock."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._ended = False

    def start(self) -> None:
        loop = asyncio.get_running_loop()

        def put(line: str | None) -> None:
            try:
                loop.call_soon_threadsafe(self._lines.put_nowait, line)
            except RuntimeError:  # the loop has ended, and we with it
                return

        # os.read and not sys.stdin: a thread inside sys.stdin would hold its lock when Python ends.
        threading.Thread(target=_read_lines, args=(self._descriptor, put), name="typed lines", daemon=True).start()

    async def next(self) -> str | None:
        """The next line; None when there will be no more."""
        if self._ended:
            return None
        line = await self._lines.get()
        self._ended = line is None
        return line


class Terminal:
    """Says who waits and lets the owner answer. `lines` are what is typed, `say` prints one text.

    While an answer is being worked on, everything else waits to be said: what is typed must meet the question that
    was read last.
    """

    REQUESTS_A_MINUTE = 6
    HELD_TEXTS = 200

    def __init__(self, engine: EngineMethods, lines: TypedLines, say: Callable[[str], None]) -> None:
        self._engine = engine
        self._lines = lines
        self._say = say
        self._answering = False
        self._held: deque[tuple[int, str]] = deque(maxlen=self.HELD_TEXTS)
        self._decided: list[ApprovalDecided] = []
        self._minute = float("-inf")
        self._announced = 0

    def heard(self, event: Event) -> None:
        """Subscribe this to the event bus."""
        if isinstance(event, ApprovalRequested):
            self._announce(event)
        elif isinstance(event, ApprovalDecided) and self._answering:
            self._decided.append(event)
            self._held = deque((held for held in self._held if held[0] != event.number), maxlen=self.HELD_TEXTS)

    def tell(self, text: str, number: int = 0) -> None:
        """Say what is no part of the conversation: at once, or when the question that stands is answered. A text
        about request `number` is left out when that is decided before.
        """
        if self._answering:
            self._held.append((number, text))
        else:
            self._say(text)

    def says_itself(self, event: Event) -> bool:
        """Whether the conversation tells of this event in its own words."""
        return isinstance(event, ApprovalDecided) and self._answering

    async def converse(self) -> None:
        """Say who waits already, then answer what is typed until nothing more comes."""
        if waiting := await self._engine.pending():
            self._say("\n".join(["Who waits already:", *map(request_line, waiting), HELP]))
        while (line := await self._lines.next()) is not None:
            self._answering = True
            own: int | None = 0
            try:
                own = await self._answer(line.strip())
            except HomeportError as error:
                self._say("\n".join(error_lines(error)))
            except Exception:
                logger.exception("Answering failed")
                self._say("Homeport failed at this.")
            finally:
                self._answering = False
            self._say_what_was_held(own)
        self._say(as_typed("Nothing more can be typed here. Approve in another terminal: homeport approve CODE"))

    async def _answer(self, text: str) -> int | None:
        """Do what was typed and say so. Returns which request that decided; 0: none, None: all."""
        word, _, rest = text.lower().partition(" ")
        code = code_digits(text)
        if code is not None:
            done = await approve_in_words(self._engine, code, Choices(), ask=self._ask, say=self._say)
            if isinstance(done, Approved):
                self._say(approved_text(done, consent_in_browser=False))
                return done.number
            self._say(nothing_allowed_text(done, deny="deny"))
        elif word == "pending":
            waiting = await self._engine.pending()
            self._say("\n".join(request_line(request) for request in waiting) or "Nobody waits.")
        elif word == "deny" and (rest == "all" or (rest.isdecimal() and 0 < int(rest) < 2**31)):
            number = None if rest == "all" else int(rest)
            self._say(f"{count(await self._engine.deny(number), 'request')} denied.")
            return number
        elif text:
            self._say(HELP)
        return 0

    async def _ask(self, question: str) -> str | None:
        self._say(question)
        return await self._lines.next()

    def _announce(self, event: ApprovalRequested) -> None:
        """Say who wants in. Strangers can ask as often as they like, and must not scroll away what matters."""
        if event.at >= self._minute + 60:
            self._minute, self._announced = event.at, 0
        self._announced += 1
        if self._announced <= self.REQUESTS_A_MINUTE:
            more = f" ({event.waiting} wait)" if event.waiting > 1 else ""
            name = clean(event.client) if event.verified else f"{clean(event.client)} (unverified name)"
            self.tell(
                f"\n{name} wants in, and returns to {clean(event.redirect_host)}{more}.\n"
                f"Type the six digits its page shows, or `deny {event.number}`:",
                event.number,
            )
        elif self._announced == self.REQUESTS_A_MINUTE + 1:
            self.tell("\nAnd more within this minute: see `pending`")

    def _say_what_was_held(self, own: int | None) -> None:
        """Say what happened meanwhile, but for the decision that the conversation has told of."""
        decided, held = self._decided, list(self._held)
        self._decided = []
        self._held.clear()
        for event in decided:
            if own is not None and event.number != own and (line := line_for(event)):
                self._say(line)
        for _, text in held:
            self._say(text)


def _read_lines(descriptor: int, put: Callable[[str | None], None]) -> None:
    waiting = b""
    while True:
        try:
            got = os.read(descriptor, LINE_BYTES)
        except OSError:  # the terminal is gone, or we run in the background
            got = b""
        if not got:
            put(None)
            return
        *lines, waiting = (waiting + got).split(b"\n")
        waiting = waiting[-LINE_BYTES:]
        for line in lines:
            put(line.decode("utf-8", "replace"))
