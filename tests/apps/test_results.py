"""What a tool may tell its client besides the result."""

from __future__ import annotations

import dataclasses
import logging

import pytest

from homeport import Context, Result
from homeport.apps.results import LogLevel


def test_a_result_is_its_data_and_no_more_unless_said() -> None:
    result = Result([1, 2])
    assert (result.data, result.text, dict(result.meta)) == ([1, 2], None, {})


async def test_progress_reaches_a_client_that_asked_for_it() -> None:
    reported: list[tuple[float, float | None, str | None]] = []

    async def report(done: float, total: float | None, message: str | None) -> None:
        reported.append((done, total, message))

    await Context(_report=report).progress(1, 3, "one of three")
    assert reported == [(1, 3, "one of three")]


async def test_a_log_message_reaches_the_client_as_it_is_and_our_log_made_safe(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent: list[tuple[LogLevel, str]] = []

    async def send(level: LogLevel, message: str) -> None:
        sent.append((level, message))

    with caplog.at_level(logging.DEBUG, "homeport.apps.results"):
        await Context(_send=send).log("two\nlines", "warning")
    assert sent == [("warning", "two\nlines")]
    assert caplog.messages == ["two lines"]


async def test_a_client_that_asked_for_nothing_is_told_nothing() -> None:
    context = Context()
    await context.progress(1)
    await context.log("nobody hears this")


def test_a_context_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Context().client = "another"  # type: ignore[misc]
