"""The terminal Homeport runs in takes the codes. It reads beside the server and never holds it up."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable

from homeport.cli.approving import Choices, approve_in_words, approved_text, request_line
from homeport.cli.requests import code_digits
from homeport.cli.words import count, error_lines
from homeport.engine.protocol import EngineMethods
from homeport.errors import HomeportError
from homeport.events import ApprovalDecided, ApprovalRequested, Event
from homeport.foreign_text import clean

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
    """Says who waits and lets the owner answer. `lines` are what is typed, `say` prints one text."""

    def __init__(self, engine: EngineMethods, lines: TypedLines, say: Callable[[str], None]) -> None:
        self._engine = engine
        self._lines = lines
        self._say = say
        self._answering = False

    def heard(self, event: Event) -> None:
        """Subscribe this to the event bus."""
        if isinstance(event, ApprovalRequested) and event.notify:
            more = f" ({event.waiting} wait)" if event.waiting > 1 else ""
            self._say(
                f"\n{clean(event.client)} wants in, and returns to {clean(event.redirect_host)}{more}.\n"
                f"Type the six digits its page shows, or `deny {event.number}`:"
            )

    def says_itself(self, event: Event) -> bool:
        """Whether the conversation tells of this event in its own words."""
        return isinstance(event, ApprovalDecided) and self._answering

    async def converse(self) -> None:
        """Say who waits already, then answer what is typed until nothing more comes."""
        if waiting := await self._engine.pending():
            self._say("\n".join(["Who waits already:", *map(request_line, waiting), HELP]))
        while (line := await self._lines.next()) is not None:
            self._answering = True
            try:
                await self._answer(line.strip())
            except HomeportError as error:
                self._say("\n".join(error_lines(error)))
            except Exception:
                logger.exception("Answering failed")
                self._say("Homeport failed at this.")
            finally:
                self._answering = False
        self._say("Nothing more can be typed here. Approve in another terminal: homeport approve CODE")

    async def _answer(self, text: str) -> None:
        word, _, rest = text.lower().partition(" ")
        code = code_digits(text)
        if code is not None:
            approved = await approve_in_words(self._engine, code, Choices(), ask=self._ask, say=self._say)
            done = approved_text(approved, consent_in_browser=False) if approved else "Nothing was allowed."
            self._say(done)
        elif word == "pending":
            waiting = await self._engine.pending()
            self._say("\n".join(request_line(request) for request in waiting) or "Nobody waits.")
        elif word == "deny" and (rest == "all" or (rest.isdecimal() and 0 < int(rest) < 2**31)):
            self._say(f"{count(await self._engine.deny(None if rest == 'all' else int(rest)), 'request')} denied.")
        elif text:
            self._say(HELP)

    async def _ask(self, question: str) -> str | None:
        self._say(question)
        return await self._lines.next()


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
