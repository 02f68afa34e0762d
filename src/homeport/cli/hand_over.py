"""A second start on a desktop: shows the Homeport that runs already, instead of an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from homeport.cli.remote import wait_for
from homeport.control.client import RemoteEngine
from homeport.control.instance import find_running
from homeport.control.opening_page import FILE_NAME
from homeport.desktop.browser import open_file
from homeport.errors import HomeportError


def hand_over(data_dir: Path, say: Callable[[str], None]) -> bool:
    """Open the dashboard of the running Homeport. False: it does not answer, or no browser could be opened."""
    try:
        wait_for(RemoteEngine(find_running(data_dir)).write_opening_page())
    except HomeportError:
        return False
    if not open_file(data_dir.resolve() / FILE_NAME):
        return False
    say("Homeport runs already: its dashboard opens in your browser.")
    return True
