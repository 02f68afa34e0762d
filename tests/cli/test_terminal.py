"""The conversation at the terminal, with typed lines from a real pipe."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from homeport.cli.terminal import Terminal, TypedLines
from homeport.engine.protocol import PendingRequest
from homeport.events import ApprovalDecided, ApprovalRequested
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


def asks(number: int, *, at: float = 0.0, notify: bool = True) -> ApprovalRequested:
    return ApprovalRequested(
        at, number, "sign-in", f"Client {number}", "c.example", number, verified=False, notify=notify
    )


async def test_every_request_is_announced_whether_or_not_it_is_worth_a_notification() -> None:
    async with conversation() as talk:
        talk.terminal.heard(asks(7, notify=False))
        assert "Client 7 (unverified name) wants in" in talk.said[-1]


async def test_requests_are_announced_six_times_a_minute_and_then_counted_as_more() -> None:
    async with conversation() as talk:
        for number in range(1, 31):
            talk.terminal.heard(asks(number, at=100.0 + number))
        assert sum("wants in" in text for text in talk.said) == 6
        assert sum("see `pending`" in text and "And more" in text for text in talk.said) == 1
        talk.terminal.heard(asks(31, at=161.0))
        assert "Client 31" in talk.said[-1]


async def test_while_a_question_stands_nothing_else_is_said() -> None:
    async with conversation() as talk:
        talk.engine.ask("428193")
        talk.types(b"428193\n")
        await talk.hears("Who: ")
        talk.terminal.heard(asks(2))
        talk.terminal.tell("A line about something else")
        talk.types(b"\n")
        await talk.hears("Client 2")
        said = "\n".join(talk.said)
        assert said.index("Nothing was allowed") < said.index("Client 2") < said.index("A line about something else")
        assert "`deny 1` turns it away" in said


async def test_a_request_that_was_decided_while_a_question_stood_is_told_as_decided() -> None:
    async with conversation() as talk:
        talk.engine.ask("428193")
        talk.types(b"428193\n")
        await talk.hears("Who: ")
        talk.terminal.heard(asks(2))
        talk.terminal.heard(ApprovalDecided(0.0, 2, "sign-in", "Client 2", "denied"))
        talk.types(b"me\n\n")
        await talk.hears("Client 2: denied")
        assert not any("Client 2 (unverified name) wants in" in text for text in talk.said)
        assert not any("ChatGPT: approved" in text for text in talk.said)


async def test_words_for_the_terminal_are_no_answers_to_its_questions() -> None:
    async with conversation() as talk:
        talk.engine.ask("428193")
        talk.types(b"428193\ndeny 2\n111111\n")
        await talk.hears("leave it empty to stop")
        talk.types(b"me\npending\n")
        await talk.hears("with y or n")
        talk.types(b"\n")
        await talk.hears("ChatGPT acts for Owner now")
    assert [person.name for person in talk.engine.persons] == ["Owner"]


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
    assert any("Nothing was allowed." in text for text in talk.said)
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
