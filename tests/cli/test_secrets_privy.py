"""`homeport secrets set privy` and `import` as a person runs them, with Privy's emulator behind the system's proxy."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.child import child_process
from tests.cli.at_terminal import AtTerminal, at_terminal
from tests.privy.apps import EmulatedApp
from tests.privy.emulator import PrivyEmulator
from tests.privy.faults import REFUSE
from tests.program import Homeport, Installation

HOME = "https://home.example.com"
APP = EmulatedApp().app_id
SECRET = EmulatedApp().app_secret


class Computer(Installation):
    """An installation whose only way out is Privy's emulator."""

    def __init__(self, folder: Path, privy: PrivyEmulator) -> None:
        super().__init__(folder)
        self.environment |= privy.connect_proxy()
        self.data_dir.mkdir()
        self.toml.write_text(f'public_url = "{HOME}"\n')

    @property
    def toml(self) -> Path:
        return self.data_dir / "homeport.toml"

    @property
    def choices(self) -> dict[str, object]:
        return tomllib.loads(self.toml.read_text())

    def command(self, *arguments: str) -> list[str]:
        return [
            sys.executable,
            "-W",
            "error",
            "-m",
            "homeport",
            "secrets",
            *arguments,
            "--data-dir",
            str(self.data_dir),
        ]

    async def typed(self, *arguments: str, lines: tuple[str, ...] = (), expected: int = 0) -> str:
        """What the command prints when these lines are its standard input."""
        command = self.command(*arguments)
        async with child_process(*command, environment=self.environment, folder=self.folder) as child:
            for line in lines:
                await child.write(line)
            assert await child.ends() == expected, child.output
            return child.output

    @asynccontextmanager
    async def terminal(self, *arguments: str) -> AsyncIterator[AtTerminal]:
        command = self.command(*arguments)
        async with at_terminal(*command, environment=self.environment, folder=self.folder) as terminal:
            yield terminal

    def kept(self) -> str:
        file = self.data_dir / "secrets.json"
        return file.read_text() if file.exists() else ""

    def dotenv(self, **lines: str) -> None:
        """A .env file as somebody brings it along."""
        self.toml.write_text("")
        (self.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))

    def nothing_was_stored(self) -> bool:
        return "privy" not in self.kept() and self.choices == {"public_url": HOME}


async def test_a_good_secret_is_stored_and_the_app_id_becomes_a_choice(tmp_path: Path) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy:
        computer = Computer(tmp_path, privy)
        async with computer.terminal("set", "privy") as terminal:
            await terminal.says("Privy app id: ")
            terminal.type(APP)
            await terminal.says(r"Privy app secret \(hidden\): ")
            terminal.type(SECRET)
            assert await terminal.ends() == 0, terminal.shown
        assert "Privy knows the app Recipes and accepts its secret." in terminal.shown
        assert "People can sign in with: E-mail" in terminal.shown
        assert "!" not in terminal.shown
        assert SECRET not in terminal.shown
        assert computer.choices == {"public_url": HOME, "privy_app_id": APP}
        assert SECRET in computer.kept()
        assert SECRET not in await computer.typed("list")
        listed = await computer.typed("list", "--json")
        assert '"name": "privy-app-secret"' in listed
        assert SECRET not in listed


async def test_an_origin_that_privy_does_not_allow_is_named_with_what_to_add_where(tmp_path: Path) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=["https://elsewhere.example.com"])) as privy:
        computer = Computer(tmp_path, privy)
        said = await computer.typed("set", "privy", lines=(APP, SECRET))
        assert f"! Privy does not answer pages at {HOME}: it is not among the allowed origins of this app." in said
        assert "Where: Privy's dashboard, Configuration > App settings > Domains" in said
        assert f"Do:    Add exactly {HOME} to Allowed origins" in said
        assert "Nobody can sign in with Privy before what is marked with ! is changed there." in said
        assert computer.choices["privy_app_id"] == APP
        assert SECRET in computer.kept()


async def test_a_wrong_secret_stores_nothing(tmp_path: Path) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy:
        computer = Computer(tmp_path, privy)
        async with computer.terminal("set", "privy") as terminal:
            await terminal.says("Privy app id: ")
            terminal.type(APP)
            await terminal.says("Privy app secret")
            terminal.type("not-the-secret")
            assert await terminal.ends() == 1, terminal.shown
        assert "Privy does not accept this secret for the app Recipes. Nothing was stored." in terminal.shown
        assert "not-the-secret" not in terminal.shown
        assert computer.nothing_was_stored()


async def test_an_app_id_that_privy_does_not_know_stores_nothing(tmp_path: Path) -> None:
    async with PrivyEmulator() as privy:
        computer = Computer(tmp_path, privy)
        said = await computer.typed("set", "privy", "--app-id", "cm0someotherapp", lines=(SECRET,), expected=1)
        assert "Privy does not know an app with the id cm0someotherapp" in said
        assert computer.nothing_was_stored()
        # Said before the secret is asked for.
        said = await computer.typed("set", "privy", "--app-id", "../x", lines=(), expected=2)
        assert "an app id as Privy's dashboard shows it" in said
        assert len(privy.requests) == len(privy.asked("GET /api/v1/apps/cm0someotherapp"))


async def test_without_privy_a_secret_is_stored_only_when_that_is_said(tmp_path: Path) -> None:
    async with PrivyEmulator() as privy:
        privy.down["*"] = REFUSE
        computer = Computer(tmp_path, privy)
        said = await computer.typed("set", "privy", lines=(APP, SECRET), expected=1)
        assert "Nothing was stored." in said
        assert "--unchecked" in said
        assert computer.nothing_was_stored()
        async with computer.terminal("set", "privy") as terminal:
            await terminal.says("Privy app id: ")
            terminal.type(APP)
            await terminal.says("Privy app secret")
            terminal.type(SECRET)
            await terminal.says(r"Store it unchecked\? \[y/N\]: ")
            terminal.type("n")
            assert await terminal.ends() == 1, terminal.shown
        assert computer.nothing_was_stored()
        said = await computer.typed("set", "privy", "--unchecked", lines=(APP, SECRET))
        assert "stored unchecked" in said
        assert computer.choices["privy_app_id"] == APP
        assert SECRET in computer.kept()


async def test_an_app_id_that_something_else_overrides_is_said(tmp_path: Path) -> None:
    async with PrivyEmulator() as privy:
        computer = Computer(tmp_path, privy)
        computer.environment["PRIVY_APP_ID"] = "cm0another"
        computer.environment["HOMEPORT_SIGN_IN"] = "owner"
        said = await computer.typed("set", "privy", "--app-id", APP, lines=(SECRET,))
        assert "! PRIVY_APP_ID says another app id, cm0another, and wins" in said
        assert "! HOMEPORT_SIGN_IN says sign_in is owner" in said


async def test_privy_can_be_set_where_the_file_asks_for_it_already(tmp_path: Path) -> None:
    async with PrivyEmulator() as privy:
        computer = Computer(tmp_path, privy)
        computer.toml.write_text('sign_in = "privy"\n')
        said = await computer.typed("set", "privy", lines=(APP, SECRET))
        assert "! There is no public_url yet" in said
        assert "Nothing else has to be changed" not in said
        assert computer.choices == {"sign_in": "privy", "privy_app_id": APP}


OTHER = "https://elsewhere.example.com"
MAY_GO = "Homeport does not need .env any more. Delete it: rm .env"
NOTHING_ELSE = "Nothing else has to be changed at Privy"


async def test_a_good_pair_of_a_dotenv_file_is_tried_and_taken_over(tmp_path: Path) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy:
        computer = Computer(tmp_path, privy)
        computer.dotenv(PRIVY_APP_ID=APP, PRIVY_APP_SECRET=SECRET, SERVER_BASE_URL=HOME)
        said = await computer.typed("import", ".env")
        assert "Privy knows the app Recipes and accepts its secret." in said
        assert NOTHING_ELSE in said
        assert "!" not in said
        assert MAY_GO in said
        assert SECRET not in said
        assert SECRET in computer.kept()
        assert computer.choices == {"privy_app_id": APP, "public_url": HOME}


async def test_the_address_of_a_dotenv_file_is_the_one_that_privy_must_allow(tmp_path: Path) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy:
        computer = Computer(tmp_path, privy)
        computer.dotenv(PRIVY_APP_ID=APP, PRIVY_APP_SECRET=SECRET, SERVER_BASE_URL=OTHER)
        computer.toml.write_text(f'public_url = "{HOME}"\n')
        said = await computer.typed("import", ".env")
        assert f"Add exactly {OTHER} to Allowed origins" in said
        assert NOTHING_ELSE not in said


async def test_without_an_address_nothing_is_said_to_be_right_at_privy(tmp_path: Path) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy:
        computer = Computer(tmp_path, privy)
        computer.dotenv(PRIVY_APP_ID=APP, PRIVY_APP_SECRET=SECRET, SERVER_BASE_URL="http://localhost:3002")
        said = await computer.typed("import", ".env")
        assert "! There is no public_url yet" in said
        assert NOTHING_ELSE not in said


@pytest.mark.parametrize("half", [False, True], ids=["pair", "secret alone"])
async def test_a_wrong_secret_of_a_dotenv_file_stores_nothing(half: bool, tmp_path: Path) -> None:
    async with PrivyEmulator() as privy:
        computer = Computer(tmp_path, privy)
        chosen = {"privy_app_id": APP} if half else {}
        computer.dotenv(PRIVY_APP_SECRET="not-the-secret", PORT="4010", **({} if half else {"PRIVY_APP_ID": APP}))
        computer.toml.write_text("".join(f'{name} = "{value}"\n' for name, value in chosen.items()))
        said = await computer.typed("import", ".env", expected=1)
        assert "Privy does not accept this secret for the app Recipes. Nothing was stored." in said
        assert ("its secret is tried with" in said) is half
        assert "rm .env" not in said
        assert "privy" not in computer.kept()
        assert computer.choices == chosen


async def test_an_app_id_alone_is_tried_with_the_secret_that_is_stored(tmp_path: Path) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy:
        computer = Computer(tmp_path, privy)
        for stored, expected in (("not-the-secret", 1), (SECRET, 0)):
            await computer.typed("set", "privy-app-secret", lines=(stored,))
            computer.dotenv(PRIVY_APP_ID=APP, SERVER_BASE_URL=HOME)
            said = await computer.typed("import", ".env", expected=expected)
            assert "its app id is tried with the secret that is stored" in said
            assert ("does not accept this secret" in said) is bool(expected)
            assert (MAY_GO in said) is not bool(expected)
            assert computer.choices == ({} if expected else {"privy_app_id": APP, "public_url": HOME})


@pytest.mark.parametrize(("name", "value"), [("PRIVY_APP_ID", APP), ("PRIVY_APP_SECRET", SECRET)], ids=["id", "secret"])
async def test_half_of_a_pair_that_nothing_completes_is_stored_as_unchecked(
    name: str, value: str, tmp_path: Path
) -> None:
    async with PrivyEmulator() as privy:
        computer = Computer(tmp_path, privy)
        computer.dotenv(**{name: value})
        said = await computer.typed("import", ".env")
        assert "Keep .env until people can sign in: its app" in said
        assert "is stored unchecked, without an app" in said
        assert "rm .env" not in said
        assert privy.requests == []


async def test_the_running_homeport_is_no_judge_of_the_address_in_a_dotenv_file(tmp_path: Path) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy:
        homeport = Homeport(tmp_path, "--public-url", HOME, "--people", "invite")
        homeport.environment |= privy.connect_proxy()
        await homeport.start()
        (tmp_path / ".env").write_text(f"PRIVY_APP_ID={APP}\nPRIVY_APP_SECRET={SECRET}\nSERVER_BASE_URL={OTHER}\n")
        command = (sys.executable, "-m", "homeport", "secrets", "import", ".env")
        told = ("--data-dir", str(homeport.data_dir))
        async with child_process(*command, *told, environment=homeport.environment, folder=tmp_path) as child:
            assert await child.ends() == 0, child.output
        assert f"Add exactly {OTHER} to Allowed origins" in child.output
        await homeport.stop()


async def test_the_running_homeport_checks_and_keeps_the_secret_and_leaves_it_nowhere_else(tmp_path: Path) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=["https://elsewhere.example.com"])) as privy:
        homeport = Homeport(tmp_path, "--public-url", HOME, "--people", "invite")
        homeport.environment |= privy.connect_proxy()
        await homeport.start()
        for secret, code in (("not-the-secret", 1), (SECRET, 0)):
            command = (
                sys.executable,
                "-m",
                "homeport",
                "secrets",
                "set",
                "privy",
                "--data-dir",
                str(homeport.data_dir),
            )
            async with child_process(*command, environment=homeport.environment, folder=tmp_path) as child:
                await child.write(APP)
                await child.write(secret)
                assert await child.ends() == code, child.output
        assert f"Add exactly {HOME} to Allowed origins" in child.output
        assert "It counts when Homeport starts again: homeport stop --quit" in child.output
        await homeport.restart()
        listed = await homeport.run("secrets", "list")
        assert "privy-app-secret" in listed
        await homeport.stop()
        for secret in (SECRET, "not-the-secret"):
            assert homeport.trace_of(secret) == []
            assert secret not in listed
