"""The command line as a program that writes to a file which modules are loaded at the first answered request."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from homeport.cli import main


class Reporter(logging.Handler):
    """Hears the access log, which tells of the first request as soon as it is answered."""

    def __init__(self, report: Path) -> None:
        super().__init__()
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        if not self._report.exists():
            draft = self._report.with_suffix(".draft")
            draft.write_text("\n".join(sorted(sys.modules)))
            draft.replace(self._report)


if __name__ == "__main__":
    logging.getLogger("homeport.access").addHandler(Reporter(Path(sys.argv.pop(1))))
    main()
