"""Writes one setting into a homeport.toml and leaves everything else in it as it is, comments included."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from homeport.errors import SettingsError
from homeport.settings.model import Settings, table
from homeport.settings.sources import Source, unknown, wrong

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

TomlValue = int | bool | str | list[str] | Mapping[str, str]


def write_setting(path: Path, name: str, value: TomlValue | None) -> None:
    """Set `name` in the file at `path` (made when missing); None takes it out, so that the default counts again.

    Raises SettingsError for an unknown name, a value that does not fit, or a file that is not TOML; the file is then
    untouched.
    """
    replace(path, with_setting(path, name, value))


def with_setting(path: Path, name: str, value: TomlValue | None) -> str:
    """What the file would say: see `write_setting`. Writes nothing."""
    rows = table()
    source = Source("file", str(path))
    if name not in rows:
        raise unknown(name, rows, f"There is no setting {name!r}.")
    if value is not None:
        _check(name, value, source)
    document = _read(path)
    if value is None:
        document.pop(name, None)
    else:
        document[name] = dict(value) if isinstance(value, Mapping) else value
    return document.as_string()


def with_entry(path: Path, name: str, key: str, value: str | None) -> str:
    """What the file would say with `key` of the table `name` set, or taken out; comments in the table stay."""
    document = _read(path)
    _check(name, tomllib.loads(document.as_string()).get(name, {}), Source("file", str(path)))
    if value is None:
        if key in document.get(name, {}):
            document[name].pop(key)
            if not document[name]:
                document.pop(name)
    else:
        document.setdefault(name, {})[key] = value
    text = document.as_string()
    _check(name, tomllib.loads(text).get(name, {}), Source("file", str(path)))
    return text


def _read(path: Path) -> TOMLDocument:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.", hint="Correct it by hand first.") from error


def _check(name: str, value: TomlValue, source: Source) -> None:
    try:
        Settings.model_validate({name: value})
    except ValidationError:
        raise wrong(table()[name], value, source) from None


def replace(path: Path, text: str) -> None:
    """Write all or nothing; the file keeps its access mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
