"""The conversation at the terminal, with typed lines from a real pipe."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from homeport.cli.terminal import Terminal, TypedLines
from homeport.engine.protocol import PendingRequest
from homeport.events import ApprovalRequested
from tests.control.memory_engine import MemoryEngine


class Conversation:
    """A terminal with a person behind a pipe; `said` is what it showed."""

    def __init__(self, engine: MemoryEngine) -> None:
        self.engine = engine
        self.said: list[str] = []
        self._spoken = asyncio.Event()
        self._theirs, self._ours = os.pipe()
        lines = TypedLines(self._theirs)
        self.terminal = Terminal(engine, lines, self._say)
        engine.events.subscribe(self.terminal.heard)
        lines.start()

    def _say(self, text: str) -> None:
        self.said.append(text)
        self._spoken.set()

    def types(self, data: bytes) -> None:
        os.write(self._ours, data)

    def ends(self) -> None:
        os.close(self._ours)

    def close(self) -> None:
        os.close(self._theirs)

    async def hears(self, words: str) -> None:
        while not any(words in text for text in self.said):
            self._spoken.clear()
            await asyncio.wait_for(self._spoken.wait(), 10)


@asynccontextmanager
async def conversation(engine: MemoryEngine | None = None) -> AsyncIterator[Conversation]:
    talk = Conversation(engine or MemoryEngine())
    task = asyncio.create_task(talk.terminal.converse())
    try:
        yield talk
        talk.ends()
        await asyncio.wait_for(task, 10)
    finally:
        task.cancel()
        talk.close()


async def test_a_request_is_announced_when_it_arrives_and_its_code_is_typed_at_once() -> None:
    async with conversation() as talk:
        talk.engine.ask("428193")
        await talk.hears("ChatGPT wants in, and returns to chatgpt.com")
        talk.types(b"428193\n1\ny\n")
        await talk.hears("ChatGPT acts for Owner now")
        assert not any("428193" in text for text in talk.said)


async def test_a_request_that_is_one_too_many_is_not_announced() -> None:
    async with conversation() as talk:
        talk.terminal.heard(ApprovalRequested(0.0, 7, "sign-in", "Flood", "flood.example", 30, notify=False))
        talk.types(b"?\n")
        await talk.hears("Type the six digits")
        assert not any("Flood" in text for text in talk.said)


async def test_lines_may_come_in_pieces_and_with_the_line_ends_of_any_system() -> None:
    async with conversation() as talk:
        talk.types(b"pen")
        talk.types(b"ding\r\n")
        await talk.hears("Nobody waits.")


async def test_the_end_of_input_in_the_middle_of_a_question_allows_nothing() -> None:
    async with conversation() as talk:
        talk.engine.ask("428193")
        talk.types(b"428193\n")
        await talk.hears("Who: ")
    assert talk.engine.approvals == []
    assert "Nothing was allowed." in talk.said
    assert "Nothing more can be typed here" in talk.said[-1]


async def test_a_fault_of_ours_does_not_end_the_conversation() -> None:
    class Faulty(MemoryEngine):
        asked = 0

        async def pending(self) -> list[PendingRequest]:
            self.asked += 1
            if self.asked == 2:
                raise RuntimeError("a fault")
            return await super().pending()

    async with conversation(Faulty()) as talk:
        talk.types(b"pending\n")
        await talk.hears("Homeport failed at this.")
        talk.types(b"pending\n")
        await talk.hears("Nobody waits.")
