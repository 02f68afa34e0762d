"""The form of settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting: `kind` is text, number, boolean, choice, list, map or folder; `value` and `default` are JSON.

    A secret's value is empty. `source` says where the value came from, `why_not` why it cannot be changed here, and
    `applies` when a change counts: now, listener, tunnel, app or restart.
    """

    name: str
    label: str
    help: str
    expects: str
    group: str
    applies: str
    kind: str
    choices: list[str]
    value: str
    default: str
    source: str
    editable: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A setting was written: when it counts, and what else is to know (empty: nothing)."""

    applies: str
    note: str


@dataclass(frozen=True, slots=True)
class FolderListing:
    """The folders in `path`, to choose one from. `parent` is empty at the top."""

    path: str
    parent: str
    folders: list[str]
