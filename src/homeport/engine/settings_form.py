"""The form of settings: one line for each row of the one table, with what is in force and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from homeport.engine.owner_file import where, why_not
from homeport.engine.protocol import SettingLine
from homeport.settings import LoadedSettings
from homeport.settings.as_typed import as_typed
from homeport.settings.model import Setting, table

_KINDS = {int: "number", bool: "boolean", list: "list", dict: "map", Path: "folder"}


def settings_form(loaded: LoadedSettings) -> list[SettingLine]:
    return [_line(loaded, row) for row in table().values()]


def _line(loaded: LoadedSettings, row: Setting) -> SettingLine:
    reason = why_not(loaded, row)
    secret = row.about.secret
    return SettingLine(
        name=row.name,
        label=row.about.label,
        help=as_typed(row.about.help),
        expects=row.about.expects,
        group=row.group,
        applies=row.about.applies,
        kind="choice" if row.choices else _KINDS.get(row.shape, "text"),
        choices=list(row.choices),
        value="" if secret else _json(getattr(loaded.settings, row.name)),
        default="" if secret else _json({} if row.shape is dict else row.default),
        source=where(loaded, loaded.source(row.name)),
        editable=not reason,
        why_not=as_typed(reason),
    )


def _json(value: object) -> str:
    if isinstance(value, Path):
        return json.dumps(str(value))
    if isinstance(value, Mapping):
        value = dict(value)
    return json.dumps(list(value) if isinstance(value, tuple) else value)
