"""Saved simulations: one moment of a widget, as a file `previews/NAME.json` of the app's folder.

The fields of `Simulation` are the file's. Everything may be left out but the tool. Files are read and written here
only, and never outside that one folder.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from homeport.errors import HomeportError, NotFoundError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")

LARGEST = 512 * 1024
"""Bytes of a file that is read."""
MOST = 500
"""Files that are listed."""

Pixels = Annotated[int, Field(ge=0, le=10_000)]
State = Literal["result", "pending", "streaming", "cancelled", "failed", "slow", "reloaded"]


class SimulationError(HomeportError):
    code = "simulation"
    title = "This simulation cannot be used"


class _Saved(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class SafeArea(_Saved):
    """Pixels at each edge that something of the host's may cover."""

    top: Pixels = 0
    right: Pixels = 0
    bottom: Pixels = 0
    left: Pixels = 0


class HostState(_Saved):
    """Where the widget is shown. Measures and edges that are not said are those of the device and the display mode.

    `context` is laid over the host context, key by key.
    """

    profile: Literal["chatgpt", "mcp-apps"] = "chatgpt"
    device: Literal["desktop", "phone"] = "desktop"
    theme: Literal["light", "dark"] = "light"
    locale: Annotated[str, Field(max_length=35)] = "en-US"
    display_mode: Literal["inline", "fullscreen", "pip"] = "inline"
    width: Annotated[int, Field(ge=200, le=4_000)] | None = None
    height: Annotated[int, Field(ge=100, le=4_000)] | None = None
    safe_area: SafeArea | None = None
    context: dict[str, Any] = {}


class Simulation(_Saved):
    """`tool` is called with `input`. Without an `output` it is called for real; with one, that is its structured
    content, `text` what the model reads and `meta` the result's `_meta`. `answers` are whole results of tools/call, by
    tool, that are given to the widget in place of real calls.
    """

    tool: Annotated[str, Field(min_length=1, max_length=64)]
    title: Annotated[str, Field(max_length=200)] = ""
    state: State = "result"
    input: dict[str, Any] = {}
    output: dict[str, Any] | None = None
    text: str = ""
    meta: dict[str, Any] = {}
    widget_state: Any = None
    host: HostState = HostState()
    answers: dict[str, dict[str, Any]] = {}


class Simulations:
    """The files of one folder, which is made when the first one is saved."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        try:
            found = sorted(path.stem for path in self._folder.glob("*.json") if _NAME.fullmatch(path.stem))
        except OSError:
            return []
        return found[:MOST]

    def load(self, name: str) -> Simulation:
        """Raises NotFoundError, and SimulationError that names file and field."""
        path = self._path(name)
        try:
            with open(_open(path), encoding="utf-8") as file:
                text = file.read(LARGEST + 1)
        except FileNotFoundError:
            raise NotFoundError(
                f"There is no previews/{path.name}.", hint="Save one in the preview, or look how it is spelt."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise SimulationError(f"previews/{path.name} cannot be read: {error}.") from None
        if len(text) > LARGEST:
            raise SimulationError(f"previews/{path.name} is larger than {LARGEST // 1024} kB.")
        try:
            return Simulation.model_validate_json(text)
        except ValidationError as error:
            raise SimulationError(f"previews/{path.name}: {in_words(error)}.") from None

    def save(self, name: str, simulation: Simulation) -> None:
        """Write or replace one file. Raises SimulationError."""
        path = self._path(name)
        kept = simulation.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            draft.replace(path)
        except (OSError, UnicodeEncodeError) as error:
            draft.unlink(missing_ok=True)
            raise SimulationError(f"previews/{path.name} cannot be written: {error}.") from None

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise SimulationError(
                f"{name[:80]!r} is no name for a simulation.", hint="Use 1 to 64 characters of a-z, 0-9, - and _."
            )
        return self._folder / f"{name}.json"


def in_words(error: ValidationError) -> str:
    """The first things that are wrong, with the place of each."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, p['loc'])) or 'the file'}: {p['msg']}" for p in problems[:3])


def _open(path: Path) -> int:
    """A link is not followed: what is in the folder stays in the folder."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
