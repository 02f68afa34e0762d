"""What a field of the table of settings is made of: the words about it, and the class that its group begins with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Applies = Literal["now", "listener", "tunnel", "app", "restart"]
"""When a changed setting takes effect: at once, or when this part of Homeport starts again."""


@dataclass(frozen=True, slots=True)
class About:
    """What a person reads about a setting. `expects` completes the sentence "must be ..."."""

    label: str
    """Its name in a form: a few words, as a person would call it."""
    help: str
    expects: str
    applies: Applies
    example: str
    secret: bool = False
    option: str = ""
    """The name of the command-line option where it is not the setting's own (`--rule` for `rules`)."""
    placeholder: str = ""
    """What stands for the value in `--help` where its kind alone does not say it."""
    one_text: bool = False
    """A list that one text in homeport.toml may stand for."""


Port = Annotated[int, Field(ge=0, le=65535)]


class Group(BaseModel):
    """Settings that belong together."""

    model_config = ConfigDict(frozen=True, extra="forbid")
