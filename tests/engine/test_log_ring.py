"""The last log lines, kept for the dashboard."""

from __future__ import annotations

import logging

from homeport.engine.log_ring import MOST_LINES, LogRing
from homeport.listening import access_log


def said(ring: LogRing) -> list[str]:
    return [line.text for line in ring.last(MOST_LINES)]


def record(logger: str, text: str, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord(logger, logging.INFO, __file__, 1, text, (), None)
    if fields:
        made.fields = fields
    return made


def test_the_dashboard_s_own_questions_push_nothing_out() -> None:
    ring = LogRing()
    ring.emit(record(access_log.name, "POST '/mcp' 200 1.0 ms", path="/mcp"))
    for _ in range(MOST_LINES):
        ring.emit(record(access_log.name, "GET '/api/status' 200 1.0 ms", path="/api/status"))
    assert said(ring) == ["homeport.access: POST '/mcp' 200 1.0 ms"]


def test_only_the_newest_lines_are_kept_and_made_safe_to_show() -> None:
    ring = LogRing()
    for number in range(MOST_LINES + 1):
        ring.emit(record("homeport", f"line {number}\x1b[2J"))
    assert said(ring)[0] == "homeport: line 1[2J"
    assert len(said(ring)) == MOST_LINES
