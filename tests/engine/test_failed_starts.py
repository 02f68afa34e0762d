"""Whatever stops a start: nothing stays open, the status says what it was, and once that is gone it starts."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from homeport.engine.engine import Engine
from homeport.errors import AppError, DatabaseTooNew, HomeportError, PortTaken, SettingsError, TunnelError, VaultError
from homeport.listening import bind, port_of
from homeport.vault.document import to_text
from tests.engine.engines import NamedTunnel, TunnelThatFails, census, engine_for, health


@dataclass(frozen=True, slots=True)
class Trouble:
    """An engine that cannot start, why, and what takes the cause away."""

    engine: Engine
    error: type[HomeportError]
    says: str
    mend: Callable[[], object]


def a_port_that_is_taken(folder: Path) -> Trouble:
    others = bind("127.0.0.1", 0)

    def leave() -> None:
        for other in others:
            other.close()

    engine = engine_for(folder, port=port_of(others))
    return Trouble(engine, PortTaken, f"(process {os.getpid()})", leave)


def secrets_that_others_can_read(folder: Path) -> Trouble:
    folder.mkdir(mode=0o700)
    secrets = folder / "secrets.json"
    secrets.write_text(to_text({"refresh-key": "00" * 32}))
    secrets.chmod(0o644)
    return Trouble(engine_for(folder), VaultError, "secrets.json", lambda: secrets.chmod(0o600))


def a_database_of_a_newer_homeport(folder: Path) -> Trouble:
    folder.mkdir(mode=0o700)
    file = folder / "homeport.sqlite3"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE schema_versions (version INTEGER PRIMARY KEY, name TEXT, applied_at INTEGER)")
    connection.execute("INSERT INTO schema_versions VALUES (9999, 'future', 0)")
    connection.commit()
    connection.close()
    return Trouble(engine_for(folder), DatabaseTooNew, "newer", file.unlink)


def a_tunnel_that_refuses(folder: Path) -> Trouble:
    tunnel = TunnelThatFails()

    def admit() -> None:
        tunnel.broken = ""

    return Trouble(engine_for(folder, tunnel=tunnel), TunnelError, "The tunnel's server refused us.", admit)


def a_tunnel_with_an_address_that_is_none(folder: Path) -> Trouble:
    tunnel = NamedTunnel("a b")
    return Trouble(
        engine_for(folder, tunnel=tunnel), SettingsError, "a b.tunnel.invalid", lambda: tunnel.is_called("good")
    )


def an_app_folder_without_an_app(folder: Path) -> Trouble:
    app = folder.parent / "app"
    app.mkdir()
    source = "from homeport import App\napp = App('Mended')\n"
    return Trouble(engine_for(folder, app=app), AppError, "app.py", lambda: (app / "app.py").write_text(source))


TROUBLES = [
    a_port_that_is_taken,
    secrets_that_others_can_read,
    a_database_of_a_newer_homeport,
    a_tunnel_that_refuses,
    a_tunnel_with_an_address_that_is_none,
    an_app_folder_without_an_app,
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda t: t.__name__.replace("_", " "))
async def test_a_start_that_fails_leaves_nothing_open_and_succeeds_once_the_cause_is_gone(
    trouble: Callable[[Path], Trouble], tmp_path: Path
) -> None:
    found = trouble(tmp_path / "data")
    engine = found.engine
    with pytest.raises(found.error) as caught:
        await engine.start()
    assert found.says in str(caught.value)
    status = await engine.status()
    assert status.state == "error"
    assert status.problem == str(caught.value)
    assert status.public_url == ""

    at_rest = await census()
    for _ in range(3):
        with pytest.raises(found.error):
            await engine.start()
    assert await census() == at_rest

    found.mend()
    await engine.start()
    assert await health(engine) == 200
    assert (await engine.status()).problem == ""
    await engine.close()


async def test_stopping_after_a_failed_start_clears_the_problem(tmp_path: Path) -> None:
    engine = engine_for(tmp_path / "data", tunnel=TunnelThatFails())
    with pytest.raises(TunnelError):
        await engine.start()
    await engine.stop()
    status = await engine.status()
    assert (status.state, status.problem) == ("stopped", "")
    await engine.close()


async def test_a_failed_start_whose_tunnel_also_fails_to_end_still_says_the_first_cause(tmp_path: Path) -> None:
    class Hopeless(TunnelThatFails):
        async def stop(self) -> None:
            raise TunnelError("It does not end either.")

    engine = engine_for(tmp_path / "data", tunnel=Hopeless())
    with pytest.raises(TunnelError, match="refused us"):
        await engine.start()
    assert (await engine.status()).problem.startswith("The tunnel's server refused us.")
    with pytest.raises(TunnelError, match="does not end either"):
        await engine.close()
