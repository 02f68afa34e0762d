"""Where an ngrok authtoken may lie on this computer, beside Homeport's own secrets. Only looks, in one small file."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

VARIABLE = "NGROK_AUTHTOKEN"
_LINE = re.compile(r"""^[ \t]*authtoken:[ \t]*["']?([A-Za-z0-9_-]{8,256})["']?[ \t]*(?:#.*)?$""", re.MULTILINE)
_LARGEST = 65_536


@dataclass(frozen=True, slots=True)
class FoundToken:
    """A token that the person could let Homeport use, and where it is."""

    token: str = field(repr=False)
    where: str


def find_token(environ: Mapping[str, str]) -> FoundToken | None:
    """The token of ngrok's own configuration, or of the variable that ngrok's tools read."""
    if token := environ.get(VARIABLE, "").strip():
        return FoundToken(token, f"the environment variable {VARIABLE}")
    for file in configuration_files(environ):
        try:
            text = file.read_bytes()[:_LARGEST].decode("utf-8", "replace")
        except OSError:
            continue
        if found := _LINE.search(text):
            return FoundToken(found[1], str(file))
    return None


def configuration_files(environ: Mapping[str, str], platform: str = sys.platform) -> list[Path]:
    """Where ngrok keeps its configuration, the newest place first."""
    home = environ.get("USERPROFILE" if platform == "win32" else "HOME")
    if not home:
        return []
    if platform == "win32":
        local = environ.get("LOCALAPPDATA") or f"{home}/AppData/Local"
        own = Path(local) / "ngrok"
    elif platform == "darwin":
        own = Path(home) / "Library" / "Application Support" / "ngrok"
    else:
        own = Path(environ.get("XDG_CONFIG_HOME") or f"{home}/.config") / "ngrok"
    return [own / "ngrok.yml", Path(home) / ".ngrok2" / "ngrok.yml"]
