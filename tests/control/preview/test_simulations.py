"""Saved simulations: what is in a file, and that none is read or written outside the one folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from homeport.control.preview.simulations import Simulation, SimulationError, Simulations
from homeport.errors import NotFoundError


def test_what_was_saved_is_read_again_and_defaults_are_not_written(tmp_path: Path) -> None:
    kept = Simulations(tmp_path / "previews")
    given = Simulation.model_validate(
        {"tool": "show_note", "widgetState": {"a": 1}, "host": {"theme": "dark", "safeArea": {"top": 20}}}
    )
    kept.save("dark-note", given)
    assert kept.names() == ["dark-note"]
    assert kept.load("dark-note") == given
    assert json.loads((tmp_path / "previews" / "dark-note.json").read_text()) == {
        "tool": "show_note",
        "widgetState": {"a": 1},
        "host": {"theme": "dark", "safeArea": {"top": 20}},
    }
    assert [path.name for path in (tmp_path / "previews").iterdir()] == ["dark-note.json"]


@pytest.mark.parametrize(
    "name", ["", "../up", "a/b", "a\\b", ".hidden", "A", "a.json", "a\x00", "x" * 65, "/etc/passwd"]
)
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, name: str) -> None:
    kept = Simulations(tmp_path / "previews")
    with pytest.raises(SimulationError, match="no name for a simulation"):
        kept.save(name, Simulation(tool="t"))
    with pytest.raises(SimulationError, match="no name for a simulation"):
        kept.load(name)
    assert list(tmp_path.iterdir()) == []


def test_a_link_out_of_the_folder_is_neither_read_nor_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text('{"tool": "secret"}')
    folder = tmp_path / "previews"
    folder.mkdir()
    (folder / "linked.json").symlink_to(outside)
    kept = Simulations(folder)
    with pytest.raises(SimulationError, match="cannot be read"):
        kept.load("linked")
    kept.save("linked", Simulation(tool="mine"))
    assert outside.read_text() == '{"tool": "secret"}'
    assert kept.load("linked").tool == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Invalid JSON"),
        ("[]", "object"),
        ("{}", "tool: Field required"),
        ('{"tool": "t", "colour": 1}', "colour: Extra inputs"),
        ('{"tool": "t", "host": {"theme": "blue"}}', "host.theme: Input should be 'light' or 'dark'"),
        ('{"tool": "t", "state": "done"}', "state: Input should be"),
        ('{"tool": "t", "input": 3}', "input: Input should be"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_the_field(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(SimulationError) as raised:
        Simulations(tmp_path).load("odd")
    assert str(raised.value).startswith("previews/odd.json: ")
    assert said in str(raised.value)


def test_a_missing_file_and_a_missing_folder_are_no_surprise(tmp_path: Path) -> None:
    kept = Simulations(tmp_path / "none")
    assert kept.names() == []
    with pytest.raises(NotFoundError, match=r"There is no previews/a\.json"):
        kept.load("a")


def test_a_file_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "big.json").write_text('{"tool": "t", "text": "' + "x" * 600_000 + '"}')
    with pytest.raises(SimulationError, match="larger than 512 kB"):
        Simulations(tmp_path).load("big")


def test_a_device_brings_its_width_and_edges_along_unless_the_file_says_others() -> None:
    assert Simulation.model_validate({"tool": "t", "host": {"device": "phone"}}).host.width is None
    own = Simulation.model_validate({"tool": "t", "host": {"device": "phone", "width": 768, "safeArea": {}}})
    kept = own.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assert kept["host"] == {"device": "phone", "width": 768, "safeArea": {}}, "chosen, though a desktop has the same"
