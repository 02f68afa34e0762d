"""The secrets that several replicas share, and that a container without a volume needs, as environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from homeport.clock import Clock, Randomness
from homeport.engine.backend import KEYS_NAME as BACKEND_KEYS
from homeport.errors import SettingsError
from homeport.keys.columns import KEY_BYTES
from homeport.keys.columns import NAME as COLUMN_KEY
from homeport.keys.signing import new_signing_keys
from homeport.vault.environment import EnvironmentSecrets

SIGNING_KEYS = "signing-keys"
REFRESH_KEY = "refresh-key"
APPROVAL_KEY = "approval-key"
NEEDED = (SIGNING_KEYS, REFRESH_KEY, APPROVAL_KEY)
"""Without the other two, backends and Privy's tokens cannot be used: what needs them makes them."""


def missing_secrets(environ: Mapping[str, str], *, imported_keys: bool) -> list[str]:
    """The variables that would have to be set. `imported_keys`: tokens are signed with a pair that was brought."""
    given = EnvironmentSecrets(environ)
    needed = [name for name in NEEDED if not (imported_keys and name == SIGNING_KEYS)]
    return [given.variable(name) for name in needed if given.get(name) is None]


def write_fresh_secrets(file: Path, *, clock: Clock, random: Randomness) -> list[str]:
    """New secrets in a new file for this user only, one NAME=value a line, as `--env-file` reads them.

    The answer are the names. Raises SettingsError where there is a file already, or none can be written.
    """
    variable = EnvironmentSecrets({}).variable
    values = {
        SIGNING_KEYS: new_signing_keys(clock=clock),
        BACKEND_KEYS: new_signing_keys(clock=clock),
        REFRESH_KEY: random(32).hex(),
        APPROVAL_KEY: random(32).hex(),
        COLUMN_KEY: random(KEY_BYTES).hex(),
    }
    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingsError(
            f"{file} is there already. Nothing was changed.",
            hint="Its keys may be in use, and other ones would end every login; choose another name.",
        ) from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror or error}.") from None
    with os.fdopen(opened, "w", encoding="utf-8", newline="\n") as written:
        written.writelines(f"{variable(name)}={value}\n" for name, value in values.items())
    return [variable(name) for name in values]
