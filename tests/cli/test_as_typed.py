"""A command in a message is one that can be typed: under `uv run` there is no `homeport` on the path."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import homeport
from homeport.cli.live import line_for, offline_text, startup_text
from homeport.cli.root import COMMANDS, main, root
from homeport.cli.words import error_lines, status_text
from homeport.doctor import hop
from homeport.doctor.hop import Report
from homeport.engine.secrets import SecretRegister
from homeport.engine.self_check import to_lines
from homeport.errors import NotFoundError
from homeport.events import RedirectHostWaiting, SelfCheckFailed
from homeport.settings.as_typed import as_typed, command_prefix
from homeport.vault import open_vault
from tests.control.memory_engine import MemoryEngine
from tests.control.running import running_control

COMMAND = re.compile(r"\bhomeport (?:" + "|".join(COMMANDS) + r")\b")
BARE = re.compile(r"(?<!uv run )\bhomeport (?:" + "|".join(COMMANDS) + r"|--)")


@pytest.fixture
def by_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")


def bare(text: str) -> list[str]:
    """The commands in a text that `uv run` is missing before; one that begins with `uv run --with` has it."""
    return BARE.findall(re.sub(r"`uv run [^`]*`", "", text))


def texts(tree: ast.AST) -> Iterator[str]:
    """The strings of a module but for docstrings; what is filled in is X."""
    if isinstance(tree, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        inner: list[ast.AST] = [*(tree.body[1:] if ast.get_docstring(tree) is not None else tree.body)]
    elif isinstance(tree, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in tree.values)
        return
    elif isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield tree.value
        return
    elif isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant):
        return  # what stands below a name, to explain it
    else:
        inner = list(ast.iter_child_nodes(tree))
    for node in inner:
        yield from texts(node)


@pytest.mark.usefixtures("by_uv")
def test_every_command_in_a_message_is_written_so_that_it_is_put_as_it_is_typed() -> None:
    (folder,) = homeport.__path__
    found = 0
    for file in sorted(Path(folder).rglob("*.py")):
        for text in texts(ast.parse(file.read_text(encoding="utf-8"))):
            found += len(COMMAND.findall(text))
            assert bare(as_typed(text)) == [], f"{file.name}: {text}"
    assert found > 60


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Run `homeport start`.", "Run `uv run homeport start`."),
        ("Set it: homeport --backend-url URL", "Set it: uv run homeport --backend-url URL"),
        ("Somebody (homeport people invite EMAIL)", "Somebody (uv run homeport people invite EMAIL)"),
        ("Start one with `homeport`.", "Start one with `uv run homeport`."),
        ("`uv run homeport url` prints it", "`uv run homeport url` prints it"),
        ("`uv run --with numpy homeport --app x`", "`uv run --with numpy homeport --app x`"),
        ("in `homeport.toml` of /somewhere/homeport url", "in `homeport.toml` of /somewhere/homeport url"),
        ("This is homeport itself", "This is homeport itself"),
    ],
)
def test_only_commands_are_put_as_they_are_typed(written: str, typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert as_typed(written) == written
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")
    assert as_typed(written) == typed
    assert as_typed(typed) == typed


@pytest.mark.usefixtures("by_uv")
def test_the_one_file_program_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert command_prefix() == "uv run homeport"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert command_prefix() == "homeport"


@pytest.mark.usefixtures("by_uv")
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_says_what_can_be_typed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith(f"Usage: uv run homeport {command}".strip())
    assert bare(said) == []


@pytest.mark.usefixtures("by_uv")
async def test_the_terminal_says_what_can_be_typed() -> None:
    engine = MemoryEngine()
    engine.ask("428193")
    status = await engine.status()
    lines = [
        startup_text(status, asks_here=False),
        offline_text(status),
        status_text(status, 0),
        *error_lines(NotFoundError("There is none.", hint="See them with: homeport secrets list")),
        line_for(RedirectHostWaiting(0, "app.example.com", "Some app")) or "",
        line_for(SelfCheckFailed(0, "dns", "It is stopped.", "Run `homeport start`.")) or "",
    ]
    text = "\n".join(lines)
    assert text.count("uv run homeport") >= 6
    assert bare(text) == []


@pytest.mark.usefixtures("by_uv")
async def test_the_dashboard_says_what_can_be_typed(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        refused = await control.ask("/api/status", authorization="")
        assert refused.json["hint"] == "Use `uv run homeport open`."
    report = to_lines(Report("", (hop.failed("running", "It is stopped.", "Run `homeport start`."),)))
    assert report.hops[0].fix == "Run `uv run homeport start`."
    vault = await open_vault(data_dir=tmp_path / "data", environ={"HOMEPORT_EPHEMERAL": "true"}, timeout=10)
    about = {secret.name: secret.about for secret in SecretRegister(vault).all()}
    assert "`uv run homeport secrets set privy`" in about["privy-app-secret"]


@pytest.mark.usefixtures("by_uv")
def test_a_slip_is_answered_with_what_can_be_typed() -> None:
    assert "Do you mean `uv run homeport open`?" in CliRunner().invoke(root, ["opem"]).stderr
