"""The modules of an app folder know each other, and leave the rest of the program as it was."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from homeport.apps.folder_modules import FolderModules
from tests.apps.folders import write


def loaded(folder: Path, name: str = "app") -> ModuleType:
    return FolderModules(folder).load(name)


def test_files_and_packages_of_the_folder_can_be_imported_in_every_form(tmp_path: Path) -> None:
    write(
        tmp_path,
        data="here = 'data'",
        kitchen____init__="",
        kitchen__stove="here = 'stove'",
        kitchen__oven__door="from ...data import here as data\nhere = 'door'",
        app="""
            import data, kitchen.stove
            import kitchen.stove as stove
            from data import here as first
            from kitchen import stove as second
            from kitchen.oven.door import here as third, data as fourth
            from . import data as fifth
            found = [data.here, kitchen.stove.here, stove.here, first, second.here, third, fourth, fifth.here]
        """,
    )
    assert loaded(tmp_path).found == ["data", "stove", "stove", "data", "stove", "door", "data", "data"]


def test_a_module_may_be_imported_when_a_function_runs(tmp_path: Path) -> None:
    write(tmp_path, late="here = 'late'", app="def look():\n    import late\n    return late.here")
    assert loaded(tmp_path).look() == "late"


def test_a_neighbour_can_import_the_app_that_imports_it(tmp_path: Path) -> None:
    write(tmp_path, app="tools = []\nimport more", more="from app import tools\ntools.append('more')")
    assert loaded(tmp_path).tools == ["more"]


def test_a_star_imports_what_a_neighbour_offers(tmp_path: Path) -> None:
    write(tmp_path, data="__all__ = ['shown']\nshown, hidden = 1, 2", app="from data import *")
    module = loaded(tmp_path)
    assert module.shown == 1
    assert not hasattr(module, "hidden")


def test_two_folders_may_use_the_same_names(tmp_path: Path) -> None:
    first = write(tmp_path / "first", data="here = 'first'", app="import data\nhere = data.here")
    second = write(tmp_path / "second", data="here = 'second'", app="import data\nhere = data.here")
    assert (loaded(first).here, loaded(second).here) == ("first", "second")


def test_a_name_of_the_standard_library_is_taken_for_the_folder_only(tmp_path: Path) -> None:
    write(tmp_path, json="here = 'mine'", app="import json, email.message\nhere = json.here")
    assert loaded(tmp_path).here == "mine"
    assert sys.modules["json"] is json
    assert json.loads("[]") == []


def test_a_folder_without_code_hides_no_library(tmp_path: Path) -> None:
    (tmp_path / "json").mkdir()
    write(tmp_path, app="import json\nhere = json.dumps([])")
    assert loaded(tmp_path).here == "[]"


@pytest.mark.parametrize("name", ["homeport", "sys", "time"])
def test_some_names_are_never_taken(tmp_path: Path, name: str) -> None:
    write(tmp_path, app=f"import {name} as found", **{name: "raise AssertionError"})
    assert loaded(tmp_path).found is sys.modules[name]


def test_nothing_of_the_program_changes_but_what_is_dropped_again(tmp_path: Path) -> None:
    write(tmp_path, data="", app="import data")
    path, finders, names = list(sys.path), list(sys.meta_path), set(sys.modules)
    modules = FolderModules(tmp_path)
    modules.load("app")
    assert sys.path == path
    assert {name for name in set(sys.modules) - names if not name.startswith("homeport_app_")} == set()
    modules.drop()
    modules.drop()
    assert sys.meta_path == finders
    assert set(sys.modules) == names


def test_an_edit_counts_even_within_the_same_second_and_of_the_same_length(tmp_path: Path) -> None:
    for word in ("one", "two", "six"):
        write(tmp_path, data=f"here = '{word}'", app="import data\nhere = data.here")
        assert loaded(tmp_path).here == word
    assert not list(tmp_path.rglob("__pycache__"))


def test_a_file_that_was_just_added_is_found(tmp_path: Path) -> None:
    write(tmp_path, app="def look(name):\n    return __import__(name).here", kitchen____init__="")
    module = loaded(tmp_path)
    with pytest.raises(ModuleNotFoundError):
        module.look("data")
    write(tmp_path, data="here = 'data'")
    assert module.look("data") == "data"


def test_names_are_the_same_after_a_restart_and_free_while_an_old_version_runs(tmp_path: Path) -> None:
    first, second = FolderModules(tmp_path), FolderModules(tmp_path)
    assert first.prefix != second.prefix
    before = first.prefix
    first.drop()
    second.drop()
    assert FolderModules(tmp_path).prefix == before


def test_models_with_postponed_annotations_find_their_types(tmp_path: Path) -> None:
    write(
        tmp_path,
        app="""
            from __future__ import annotations
            from dataclasses import dataclass
            from pydantic import BaseModel

            class Tree(BaseModel):
                children: list[Tree] = []
                leaf: Leaf | None = None

            class Leaf(BaseModel):
                size: int

            @dataclass(slots=True)
            class Plain:
                leaf: Leaf

            found = Tree.model_validate({"children": [{"leaf": {"size": 3}}]}).children[0].leaf.size
        """,
    )
    assert loaded(tmp_path).found == 3
