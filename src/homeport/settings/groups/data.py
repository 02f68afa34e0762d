"""Where Homeport keeps what it knows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from homeport.settings import values
from homeport.settings.about import About, Group
from homeport.settings.folders import find_data_dir


def _default_data_dir() -> Path:
    return find_data_dir(None, {}, Path.cwd())


class Data(Group):
    data_dir: Annotated[
        Path,
        About(
            label="Data folder",
            help="Folder of the database and homeport.toml.",
            expects="a folder",
            applies="restart",
            example="/var/lib/homeport",
        ),
    ] = Field(default_factory=_default_data_dir)
    database_url: Annotated[
        str,
        Field(repr=False),
        AfterValidator(values.known_database),
        About(
            label="Database",
            help="Database of several replicas; empty means a SQLite file in the data folder.",
            expects="empty, or an address that begins with sqlite:/// or postgresql://",
            applies="restart",
            example="postgresql://homeport@db.example.com/homeport",
            secret=True,
        ),
    ] = ""
    ephemeral: Annotated[
        bool,
        About(
            label="Allow a database that does not last",
            help="Let `homeport serve` keep its SQLite file where it does not survive a restart of the container.",
            expects="true or false",
            applies="restart",
            example="true",
        ),
    ] = False
