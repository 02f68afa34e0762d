"""One record is one line, in both formats, whatever somebody put into it."""

from __future__ import annotations

import io
import json
import logging
import sys

from homeport.cli.logs import JsonFormatter, LinesTogether, TextFormatter, escaped
from homeport.foreign_text import clean


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("homeport.store", logging.WARNING, "store.py", 1, message, args, None)
    made.created = 1_700_000_000.25
    made.msecs = 250
    vars(made).update(extra)
    return made


def failed() -> logging.LogRecord:
    made = record("it broke")
    try:
        raise RuntimeError("the cause")
    except RuntimeError:
        made.exc_info = sys.exc_info()
    return made


def test_text_is_time_level_place_and_message() -> None:
    line = TextFormatter().format(record("%s is slow", "the disk"))
    assert line.endswith(" WARNING homeport.store: the disk is slow")


def test_a_message_cannot_begin_a_line_of_its_own() -> None:
    foreign = "x\n12:00:00 INFO homeport: all is well\x1b[2J\u2028"
    text = TextFormatter().format(record("%s", foreign))
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text
    assert len(JsonFormatter().format(record("%s", foreign)).splitlines()) == 1


def test_json_holds_the_fields_as_members() -> None:
    content = json.loads(JsonFormatter().format(record("x", fields={"path": "/token", "status": 200})))
    assert content == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "warning",
        "logger": "homeport.store",
        "message": "x",
        "path": "/token",
        "status": 200,
    }


def test_a_traceback_is_kept_below_the_text_line_and_inside_the_json() -> None:
    assert "RuntimeError: the cause" in TextFormatter().format(failed())
    assert "RuntimeError: the cause" in json.loads(JsonFormatter().format(failed()))["exception"]


def failed_saying(message: str) -> logging.LogRecord:
    made = record("it broke")
    try:
        raise RuntimeError(message)
    except RuntimeError:
        made.exc_info = sys.exc_info()
    return made


def test_what_an_exception_says_cannot_begin_a_record_or_touch_the_terminal() -> None:
    foreign = "\x1b]0;x\x07\n12:00:00 INFO homeport: forged\r12:00:01 INFO homeport: too\u202e\u200b\u2028\u115f"
    text = TextFormatter().format(failed_saying(foreign))
    first, *below = text.split("\n")
    assert first.endswith("it broke")
    assert any("homeport: forged" in line for line in below)
    assert all(line.startswith("    ") for line in below)
    assert text.splitlines() == [first, *below]
    for acting in "\x1b\x07\r\u202e\u200b\u2028\u115f":
        assert acting not in text
    assert "RuntimeError: \\x1b]0;x\\x07" in text
    assert "\\u202e\\u200b\\u2028\\u115f" in text
    assert len(JsonFormatter().format(failed_saying(foreign)).splitlines()) == 1


def test_the_log_shows_as_escapes_exactly_what_foreign_text_takes_out() -> None:
    for c in map(chr, range(0x20000)):
        if c != " ":
            assert (escaped(c) == c) == (clean(c) == c), hex(ord(c))


def informing(message: str) -> logging.LogRecord:
    made = record(message)
    made.levelno, made.levelname = logging.INFO, "INFO"
    return made


async def test_lines_are_written_in_groups_and_a_warning_at_once() -> None:
    stream = io.StringIO()
    handler = LinesTogether(stream)
    handler.setFormatter(TextFormatter())
    for number in range(3):
        handler.handle(informing(f"line {number}"))
    assert stream.getvalue() == ""
    handler.handle(record("look"))
    assert [line.rsplit(": ", 1)[1] for line in stream.getvalue().splitlines()] == [
        "line 0",
        "line 1",
        "line 2",
        "look",
    ]
    handler.handle(informing("later"))
    handler.flush()
    assert stream.getvalue().endswith("later\n")
