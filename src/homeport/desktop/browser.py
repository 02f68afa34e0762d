"""Opens our own page in the person's browser: a file of ours, never an address that came from outside."""

from __future__ import annotations

import logging
import webbrowser
from pathlib import Path

logger = logging.getLogger(__name__)


def open_file(page: Path) -> bool:
    """Open this file in the browser. False: there is none, or it did not start. Blocks while it starts.

    Every user of the computer can read what a program is started with: what is secret stays in the file.
    """
    try:
        return webbrowser.open(page.resolve().as_uri())
    except (OSError, webbrowser.Error) as error:
        logger.warning("No browser could be opened: %s", error)
        return False
