"""The table of settings: one frozen model that drives options, environment names, .env.example, docs and checks.

A new setting is one field of its group, in `groups`, and nothing else. Nothing is read here: see `load`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from homeport.settings.about import About, Group
from homeport.settings.groups.backend import Backend
from homeport.settings.groups.data import Data
from homeport.settings.groups.listeners import Listeners
from homeport.settings.groups.logs import Logs
from homeport.settings.groups.people import People
from homeport.settings.groups.public_url import PublicUrl
from homeport.settings.groups.tools import Tools

GROUPS: Mapping[str, type[Group]] = MappingProxyType(
    {
        "Listeners": Listeners,
        "Data": Data,
        "Public URL": PublicUrl,
        "People": People,
        "Tools": Tools,
        "Backend": Backend,
        "Logs": Logs,
    }
)


class Settings(Listeners, Data, PublicUrl, People, Tools, Backend, Logs):
    """Everything a person can choose. Build it with `load_settings`; tests may build it directly."""

    @property
    def provider(self) -> Literal["owner", "privy"]:
        """Who says who somebody is: `sign_in`, with auto decided."""
        if self.sign_in == "auto":
            return "privy" if self.privy_app_id else "owner"
        return self.sign_in

    @property
    def database(self) -> str:
        """The database address in use: `database_url`, or the SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'homeport.sqlite3').as_posix().lstrip('/')}"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: a field's name, its words for people, and how its values look."""

    name: str
    about: About
    group: str
    choices: tuple[str, ...]
    shape: type
    """int, bool, str, Path, list or dict: what a value in homeport.toml is, folders being strings there."""
    default: object

    @property
    def environment(self) -> str:
        return f"HOMEPORT_{self.name.upper()}"

    @property
    def option(self) -> str:
        return f"--{self.about.option or self.name.replace('_', '-')}"


def table() -> dict[str, Setting]:
    """All settings by name, group by group."""
    return {
        name: _row(name, field, group) for group, kind in GROUPS.items() for name, field in kind.model_fields.items()
    }


def _row(name: str, field: FieldInfo, group: str) -> Setting:
    about = next(item for item in field.metadata if isinstance(item, About))
    annotation: Any = field.annotation
    origin = get_origin(annotation)
    choices: tuple[str, ...] = ()
    shape: type
    if origin is Literal:
        choices, shape = get_args(annotation), str
    elif origin is tuple:
        shape = list
    elif origin is Mapping:
        shape = dict
    elif annotation in (int, bool):
        shape = annotation
    elif annotation is Path or Path in get_args(annotation):
        shape = Path
    else:
        shape = str
    default = None if field.default_factory else field.default
    return Setting(name, about, group, choices, shape, default)
