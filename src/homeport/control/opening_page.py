"""The page that takes a browser to the dashboard: a private file, since what a program is started with can be read by
every user of the computer. It holds a one-use code and does not outlive it.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
from pathlib import Path

from homeport.control.session import CODE_SECONDS
from homeport.errors import HomeportError
from homeport.settings.private_file import create_private

FILE_NAME = "open-dashboard.html"

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0;url={address}">
<title>Homeport</title>
<p><a href="{address}">Open the dashboard</a></p>
</html>
"""


class OpeningPage:
    """One page at a time: the next replaces it, and it is gone after `seconds`, and with this process."""

    def __init__(self, data_dir: Path, *, seconds: float = CODE_SECONDS) -> None:
        self._file = data_dir / FILE_NAME
        self._seconds = seconds
        self._removal: asyncio.TimerHandle | None = None

    @property
    def file(self) -> Path:
        return self._file

    def write(self, address: str) -> None:
        """Put a page there that leads to `address`. Raises HomeportError when the file cannot be written."""
        self.remove()
        try:
            with open(create_private(self._file), "w", encoding="utf-8") as file:
                file.write(PAGE.format(address=html.escape(address)))
        except OSError as error:
            self.remove()
            raise HomeportError(
                f"The page that opens the dashboard cannot be written: {error.strerror or error}.",
                hint="Use `homeport open --print`.",
            ) from error
        self._removal = asyncio.get_running_loop().call_later(self._seconds, self.remove)

    def remove(self) -> None:
        """Remove the page, also one that an earlier process left behind."""
        if self._removal is not None:
            self._removal.cancel()
            self._removal = None
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)
