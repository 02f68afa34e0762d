"""Changes settings in the owner's own file, the homeport.toml of the data folder: only what counts there, and only to
what all settings together allow. Nothing is written before that is sure.
"""

from __future__ import annotations

import json

from homeport.engine.protocol import Changed
from homeport.errors import SettingsError
from homeport.settings import LoadedSettings
from homeport.settings.documents import APPLIES
from homeport.settings.model import Setting, table
from homeport.settings.sources import Source, typed, unknown
from homeport.settings.write import replace, with_entry, with_setting


def why_not(loaded: LoadedSettings, row: Setting) -> str:
    """Why the owner's file is not the place for this setting, as a sentence; empty: it is."""
    if row.name == "data_dir":
        return "The data folder is chosen with --data-dir or HOMEPORT_DATA_DIR: its homeport.toml is found through it."
    if row.about.secret:
        return f"It may hold a password: set {row.environment} in the environment, and start Homeport again."
    source = loaded.source(row.name)
    if source.kind in ("option", "environment"):
        return f"{where(loaded, source)} sets it and wins over homeport.toml: take it out there and start again."
    if source.kind == "file" and source.name != str(loaded.files[0]):
        return f"{source} sets it, and wins over the data folder's file: change it there."
    return ""


def where(loaded: LoadedSettings, source: Source) -> str:
    """A source in words."""
    match source.kind:
        case "environment":
            return f"{source.name} in the environment"
        case "file":
            return f"homeport.toml in the {'data' if source.name == str(loaded.files[0]) else 'app'} folder"
        case _:
            return "default" if source.kind == "default" else source.name


def change(loaded: LoadedSettings, name: str, value: str | None) -> Changed:
    """Set one setting to `value`, JSON, or back to its default with None. Raises SettingsError, the file untouched."""
    rows = table()
    if name not in rows:
        raise unknown(name, rows, f"There is no setting {name[:64]!r}.")
    row = rows[name]
    _refuse_elsewhere(loaded, row)
    file = loaded.files[0]
    given = None
    if value is not None:
        source = Source("file", str(file))
        try:
            said = json.loads(value)
        except (ValueError, RecursionError):
            raise SettingsError(f"{name} must be {row.about.expects}.", hint="Its value is sent as JSON.") from None
        typed(row, said, source, file.parent)
        given = said
    _write(loaded, with_setting(file, name, given))
    return Changed(row.about.applies, f"This counts {APPLIES[row.about.applies]}.")


def set_rule(loaded: LoadedSettings, tool: str, rule: str | None) -> None:
    """Set the rule of one tool, or take it out with None. Raises SettingsError, the file untouched."""
    _refuse_elsewhere(loaded, table()["rules"])
    _write(loaded, with_entry(loaded.files[0], "rules", tool, rule))


def _refuse_elsewhere(loaded: LoadedSettings, row: Setting) -> None:
    if reason := why_not(loaded, row):
        raise SettingsError(f"{row.name} cannot be changed here.", hint=reason)


def _write(loaded: LoadedSettings, text: str) -> None:
    file = loaded.files[0]
    loaded.read_again({file: text})
    replace(file, text)
