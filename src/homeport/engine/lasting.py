"""Refuses to serve from a place that ends with the container: who had access would be forgotten without a word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from homeport.engine.server_secrets import missing_secrets
from homeport.errors import SettingsError
from homeport.settings import LoadedSettings
from homeport.store.lasting import MOUNTS, in_a_container, why_passing

EPHEMERAL = "or say --ephemeral if nothing needs to last."


def require_lasting(loaded: LoadedSettings, environ: Mapping[str, str], *, mounts: Path = MOUNTS) -> None:
    """`environ` may give the secrets. Raises SettingsError; on a desktop, and with `ephemeral`, never."""
    settings = loaded.settings
    if not loaded.serve or settings.ephemeral:
        return
    database, container = settings.database, in_a_container(environ)
    if database.startswith("sqlite:"):
        file = Path(database.removeprefix("sqlite://"))
        if where := why_passing(file.parent, mounts, container=container):
            raise SettingsError(
                f"The database {file} would be {where} and end with it: everybody would have to sign in again.",
                hint=f"Mount a volume at {file.parent}, name a PostgreSQL database with HOMEPORT_DATABASE_URL, "
                f"{EPHEMERAL}",
            )
        return
    where = why_passing(settings.data_dir, mounts, container=container)
    missing = missing_secrets(environ, imported_keys=loaded.imported_keys is not None) if where else []
    if missing:
        raise SettingsError(
            f"The keys in {settings.data_dir} would be {where}: they would be other ones at each start, and on each "
            f"replica. {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set.",
            hint="Write them once with `homeport secrets generate FILE` and give that file to every replica "
            f"(docker run --env-file FILE), mount a volume at {settings.data_dir}, {EPHEMERAL}",
        )
