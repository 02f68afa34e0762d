"""Decides what becomes of each line of a .env file: secret, choice, or nothing. Writes nothing itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homeport.engine.secrets import IMPORTED_KEYS, PRIVY_APP_SECRET
from homeport.errors import SettingsError
from homeport.settings import load_settings
from homeport.settings.dotenv import parse_dotenv
from homeport.settings.model import table
from homeport.settings.sources import (
    PREFIX,
    REFERENCE_NAMES,
    REFERENCE_SECRETS,
    REFERENCE_UNUSED,
    SECRET_PREFIX,
    is_loopback,
    refuse_two_privy_apps,
)
from homeport.settings.write import TomlValue

LARGEST = 1_000_000
"""Bytes of a .env file worth reading."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting to be written into homeport.toml; `variables` are the names in the file that say it."""

    name: str
    value: TomlValue
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportedSecret:
    """A secret to be stored in the vault."""

    name: str
    value: str = field(repr=False)
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a file holds for Homeport. `ignored` is name and reason; `nameless` counts what is better not printed."""

    choices: list[Choice]
    secrets: list[ImportedSecret]
    ignored: list[tuple[str, str]]
    nameless: int

    @property
    def privy_app_id(self) -> str:
        return next((str(choice.value) for choice in self.choices if choice.name == "privy_app_id"), "")

    @property
    def privy_app_secret(self) -> str:
        return next((secret.value for secret in self.secrets if secret.name == PRIVY_APP_SECRET), "")


def read_dotenv(file: Path, data_dir: Path) -> ImportPlan:
    """What is in `file` for the Homeport of `data_dir`. Raises SettingsError, before anything is stored, for a file
    that cannot be read, values that do not fit, halves of two key pairs, or two Privy apps."""
    try:
        content = file.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not a text file.") from None
    if len(content) > LARGEST:
        raise SettingsError(f"{file} is too long to be a .env file.")
    values = {name: value.text for name, value in parse_dotenv(text, str(file)).items() if value.text}
    try:
        return _plan(values, file.resolve().parent, data_dir)
    except SettingsError as error:
        raise SettingsError(f"{file}: {error.message}", hint=error.hint) from None


def _plan(values: Mapping[str, str], folder: Path, data_dir: Path) -> ImportPlan:
    refuse_two_privy_apps(values)
    rows = table()
    fields = REFERENCE_NAMES | {row.environment: row.name for row in rows.values() if row.name != "data_dir"}
    ignored: list[tuple[str, str]] = []
    nameless = 0
    taken: dict[str, str] = {}
    for name, text in values.items():
        if name in fields and not (name == "SERVER_BASE_URL" and is_loopback(text)):
            if re.search(r"\$\{?[A-Za-z_]", text):
                raise SettingsError(f"{name} refers to another variable.", hint="Write its value there.")
            taken[name] = text
        elif name in REFERENCE_SECRETS:
            continue
        elif why := _why_ignored(name):
            ignored.append((name, why))
        else:
            nameless += 1
    # All that is chosen must be right, and right together, before the first of it is written.
    chosen = load_settings(options={"data_dir": str(data_dir)}, environ=taken, cwd=folder).settings
    variables: dict[str, tuple[str, ...]] = {}
    for name in taken:
        variables[fields[name]] = (*variables.get(fields[name], ()), name)
    choices = [Choice(name, _as_toml(getattr(chosen, name)), said) for name, said in variables.items()]
    return ImportPlan(choices, _secrets(values), ignored, nameless)


def _secrets(values: Mapping[str, str]) -> list[ImportedSecret]:
    found = []
    if secret := values.get("PRIVY_APP_SECRET"):
        found.append(ImportedSecret(PRIVY_APP_SECRET, secret.strip(), ("PRIVY_APP_SECRET",)))
    private, public = values.get("JWT_PRIVATE_KEY", ""), values.get("JWT_PUBLIC_KEY", "")
    if private or public:
        # Late: cryptography takes a tenth of a second.
        from homeport.keys.imported import PRIVATE_VARIABLE, PUBLIC_VARIABLE, pair_to_text

        found.append(ImportedSecret(IMPORTED_KEYS, pair_to_text(private, public), (PRIVATE_VARIABLE, PUBLIC_VARIABLE)))
    return found


def _why_ignored(name: str) -> str:
    """Why a name is not taken over; empty for what may be no name at all but a piece of a key."""
    if name in REFERENCE_UNUSED:
        return "Homeport does not use it"
    if name == "SERVER_BASE_URL":
        return "it names this computer only, where Homeport is reachable anyway"
    if name == "HOMEPORT_DATA_DIR":
        return "homeport.toml is found through it: keep it in the environment, or use --data-dir"
    if name.startswith(SECRET_PREFIX):
        return "it belongs into the environment of a server: Homeport reads it there"
    if name.startswith(PREFIX):
        return "there is no such setting"
    return "not a name that Homeport knows" if re.fullmatch(r"[A-Z][A-Z0-9_]{0,63}", name) else ""


def _as_toml(value: object) -> TomlValue:
    if isinstance(value, tuple):
        return [str(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): str(item) for name, item in value.items()}
    return value if isinstance(value, (bool, int)) else str(value)
