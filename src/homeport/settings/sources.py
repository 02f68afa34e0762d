"""The places a setting can come from, each read into plain values that know where they stood.

Reads files and the environment; decides nothing about who wins (that is `load`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from homeport.errors import SettingsError
from homeport.settings.folders import absolute
from homeport.settings.model import Setting

PREFIX = "HOMEPORT_"
SECRET_PREFIX = "HOMEPORT_SECRET_"

REFERENCE_NAMES = {
    "PORT": "port",
    "SERVER_BASE_URL": "public_url",
    "BACKEND_API_URL": "backend_url",
    "VITE_PRIVY_APP_ID": "privy_app_id",
    "PRIVY_APP_ID": "privy_app_id",
}
"""Environment names of the reference implementation that mean one of our settings."""

REFERENCE_SECRETS = ("PRIVY_APP_SECRET", "JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY")
REFERENCE_UNUSED = ("NODE_ENV",)

TRUE_WORDS = ("true", "yes", "on", "1")
FALSE_WORDS = ("false", "no", "off", "0")

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value was chosen, so that an error can point at it."""

    kind: Literal["default", "file", "environment", "option"]
    name: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.name}, line {self.line}" if self.line else self.name


@dataclass(frozen=True, slots=True)
class Given:
    """One value from one source."""

    value: object
    source: Source


def from_file(
    path: Path, table: Mapping[str, Setting], *, refused: Mapping[str, str], text: str | None = None
) -> dict[str, Given]:
    """The settings in one homeport.toml (none where there is no file); `refused` names keys it may not hold, and why.
    With `text` as if the file held that.

    Raises SettingsError with file, line and fix.
    """
    try:
        if text is None:
            text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.", hint="Correct that line.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from None
    given = {}
    for key, value in content.items():
        source = Source("file", str(path), _line_of(key, text))
        if key in refused:
            raise SettingsError(f"{source}: {key} cannot be set here.", hint=refused[key])
        if key not in table:
            raise unknown(key, table, f"{source}: there is no setting {key!r}.")
        given[key] = Given(typed(table[key], value, source, path.parent), source)
    return given


def from_environment(environ: Mapping[str, str], table: Mapping[str, Setting], cwd: Path) -> dict[str, Given]:
    """The settings in HOMEPORT_<NAME>, and below them those in the names of the reference implementation.

    An empty variable counts as not set. Raises SettingsError for a HOMEPORT_ name that means nothing.
    """
    refuse_two_privy_apps(environ)
    given = {}
    for name, field in REFERENCE_NAMES.items():
        if (text := environ.get(name)) and not (field == "public_url" and is_loopback(text)):
            source = Source("environment", name)
            given[field] = Given(from_text(table[field], text, source, cwd), source)
    by_name = {row.environment: row for row in table.values()}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name.startswith(SECRET_PREFIX):
            continue
        if name not in by_name:
            raise unknown(name, by_name, f"The environment holds {name}, which is no setting of Homeport.")
        if text:
            row, source = by_name[name], Source("environment", name)
            given[row.name] = Given(from_text(row, text, source, cwd), source)
    return given


def from_options(options: Mapping[str, object], table: Mapping[str, Setting], cwd: Path) -> dict[str, Given]:
    """The settings given by hand; None, empty tuples and a folder without a name mean "not given"."""
    given = {}
    for name, value in options.items():
        row = table[name]
        if value is None or value == () or (value == "" and row.shape is Path):
            continue
        source = Source("option", row.option)
        if isinstance(value, str):
            value = from_text(row, value, source, cwd)
        elif row.shape in (list, dict) and isinstance(value, tuple):
            value = from_text(row, ",".join(value), source, cwd)
        given[name] = Given(value, source)
    return given


def notices(environ: Mapping[str, str], cwd: Path) -> tuple[str, ...]:
    """What a person should know although nothing is wrong, one line each."""
    said = []
    if environ.get("NODE_ENV"):
        said.append("NODE_ENV is set; Homeport does not use it.")
    url = environ.get("SERVER_BASE_URL", "")
    if url and is_loopback(url):
        said.append("SERVER_BASE_URL names this computer only; Homeport runs without a public URL.")
    if names := _reference_names_in(cwd / ".env"):
        said.append(
            f"The .env file in this folder holds {', '.join(names)}. Homeport does not read .env files; "
            "take them over with: homeport secrets import .env"
        )
    return tuple(said)


def refuse_two_privy_apps(environ: Mapping[str, str]) -> None:
    """The reference implementation names its app twice, for the server and for its page: raises SettingsError when
    they differ."""
    server, page = environ.get("PRIVY_APP_ID"), environ.get("VITE_PRIVY_APP_ID")
    if server and page and server != page:
        raise SettingsError(
            f"PRIVY_APP_ID is {server!r}, but VITE_PRIVY_APP_ID is {page!r}: they name two Privy apps.",
            hint="Set both to the app id that Privy's dashboard shows, or leave VITE_PRIVY_APP_ID out.",
        )


def wrong(row: Setting, value: object, source: Source) -> SettingsError:
    """The error for a value of the wrong type or out of range. An address with a password in it is not repeated."""
    hidden = row.about.secret or (isinstance(value, str) and "://" in value and "@" in value)
    shown = "" if hidden else f", not {value!r}"
    return SettingsError(f"{source}: {row.name} must be {row.about.expects}{shown}.")


def unknown(name: str, known: Iterable[str], message: str) -> SettingsError:
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    hint = f"Do you mean {near[0]}?" if near else "`homeport serve --help` lists all settings."
    return SettingsError(message, hint=hint)


def from_text(row: Setting, text: str, source: Source, cwd: Path) -> object:
    """A value as the environment or an option holds it. Lists are divided by commas, rules are name=value."""
    if row.shape is int:
        try:
            return int(text)
        except ValueError:
            raise wrong(row, text, source) from None
    if row.shape is bool:
        word = text.strip().lower()
        if word not in TRUE_WORDS + FALSE_WORDS:
            raise wrong(row, text, source)
        return word in TRUE_WORDS
    if row.shape is Path:
        return absolute(text, cwd)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if row.shape is list:
        return parts
    if row.shape is dict:
        pairs = [part.partition("=") for part in parts]
        if not all(equals for _, equals, _ in pairs):
            raise wrong(row, text, source)
        return {key.strip(): value.strip() for key, _, value in pairs}
    return text


def typed(row: Setting, value: object, source: Source, folder: Path) -> object:
    """A value as TOML holds it: the type must be right, nothing is converted; folders are seen from the file."""
    expected = str if row.shape is Path else row.shape
    if row.about.one_text and isinstance(value, str):
        return value
    if type(value) is not expected:
        raise wrong(row, value, source)
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        raise wrong(row, value, source)
    if row.shape is Path and isinstance(value, str):
        return absolute(value, folder) if value else None
    return value


def _line_of(key: str, text: str) -> int:
    """The line where a top-level key or its table begins; 0 when it cannot be told."""
    pattern = re.compile(rf"""\s*(\[\s*)?["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 0)


def is_loopback(url: str) -> bool:
    try:
        return urlsplit(url).hostname in LOOPBACK_HOSTS
    except ValueError:
        return False


def _reference_names_in(dotenv: Path) -> list[str]:
    try:
        text = dotenv.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    known = (*REFERENCE_NAMES, *REFERENCE_SECRETS, *REFERENCE_UNUSED)
    found = re.findall(r"^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=", text, flags=re.M)
    return [name for name in dict.fromkeys(found) if name in known]
