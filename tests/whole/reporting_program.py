"""The command line as a program that writes to files which modules are loaded at the first answered request, and when
the MCP SDK is there."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from homeport.cli import main
from homeport.mcp_server import lean_sdk


class Reporter(logging.Handler):
    """Hears the access log, which tells of the first request as soon as it is answered."""

    def __init__(self, report: Path) -> None:
        super().__init__()
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        if not self._report.exists():
            write(self._report)


def write(report: Path) -> None:
    draft = report.with_suffix(".draft")
    draft.write_text("\n".join(sorted(sys.modules)))
    draft.replace(report)


def reporting_load(report: Path) -> Any:
    streams = load()
    write(report)
    return streams


if __name__ == "__main__":
    path = Path(sys.argv.pop(1))
    logging.getLogger("homeport.access").addHandler(Reporter(path))
    load, lean_sdk.load = lean_sdk.load, lambda: reporting_load(path.with_name("modules-with-sdk"))
    main()
