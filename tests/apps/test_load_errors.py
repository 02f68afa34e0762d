"""What an author reads when a folder cannot be loaded: file, line, cause, and what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from homeport.apps.loading import load_app
from homeport.errors import AppError
from tests.apps.folders import write

IMPORTS_DATA = "import data\nfrom homeport import App\napp = App('Recipes')\n"


def error_of(folder: Path) -> str:
    with pytest.raises(AppError) as caught:
        load_app(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("x = 1\ny = (\n", "recipes/data.py, line 2: '(' was never closed."),
        ("def f():\nreturn 1\n", "recipes/data.py, line 2: expected an indented block"),
        ("\n1 / 0\n", "recipes/data.py, line 2: ZeroDivisionError: division by zero."),
        ("raise KeyError\n", "recipes/data.py, line 1: KeyError."),
        ("raise StopIteration('x')\n", "recipes/data.py, line 1: StopIteration: x."),
        ("\nimport sys\nsys.exit(2)\n", "recipes/data.py, line 3: it ends the program with sys.exit()"),
        ("raise KeyboardInterrupt\n", "recipes/data.py, line 1: KeyboardInterrupt."),
        ("import json\njson.loads('{')\n", "recipes/data.py, line 2: JSONDecodeError: Expecting property name"),
        ("eval('1 +')\n", "recipes/data.py, line 1: SyntaxError: invalid syntax"),
        ("from app import nothing\n", "recipes/data.py, line 1: ImportError: cannot import name 'nothing' from"),
    ],
)
def test_what_a_module_raises_is_told_with_the_authors_line(tmp_path: Path, code: str, words: str) -> None:
    said = error_of(write(tmp_path / "recipes", app=IMPORTS_DATA, data=code))
    assert words in said
    assert "homeport_app_" not in said


def test_a_missing_module_is_named_with_the_way_to_add_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "recipes", app="\nimport no_such_library.part\n")
    assert error_of(folder) == (
        "recipes/app.py, line 2: there is no module 'no_such_library'. Start Homeport together with the package that "
        "has it, like `uv run --with no_such_library homeport --app recipes`; if it is a file of yours, it must be in "
        "recipes."
    )


def test_a_missing_part_of_the_folders_own_package_is_named_as_the_author_knows_it(tmp_path: Path) -> None:
    folder = write(tmp_path / "recipes", kitchen____init__="", app="import kitchen.stove")
    assert error_of(folder) == "recipes/app.py, line 1: there is no module 'kitchen.stove' in recipes."


def test_a_tool_that_cannot_be_offered_is_shown_at_its_decorator(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "recipes",
        app="""
            from homeport import App
            app = App("Recipes")

            @app.tool(effect="read")
            async def find(name: str) -> str:
                return name
        """,
    )
    # Which of the two lines of a decorated function a frame is in depends on the version of Python.
    assert error_of(folder) in [
        f"recipes/app.py, line {line}: The tool 'find' cannot be offered: it has no docstring, and a model reads that "
        "to know when to use it."
        for line in (5, 6)
    ]


def test_a_type_error_of_the_authors_own_says_so(tmp_path: Path) -> None:
    folder = write(tmp_path / "recipes", app="len(3)")
    assert error_of(folder) == "recipes/app.py, line 1: TypeError: object of type 'int' has no len()."


def test_an_app_file_without_an_app(tmp_path: Path) -> None:
    said = error_of(write(tmp_path / "recipes", app="application = 3"))
    assert said.startswith("recipes/app.py defines no `app`.")
    assert 'app = App("My tools")' in said


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("x = 1\napp = 'Recipes'\n", "recipes/app.py, line 2: `app` is of type str."),
        ("app = 1\napp = 2\n", "recipes/app.py, line 2: `app` is of type int."),
        ("def app(): ...\n", "recipes/app.py, line 1: `app` is of type function."),
        ("from data import value as app\n", "recipes/app.py, line 1: `app` is of type float."),
    ],
)
def test_an_app_of_another_type_is_shown_where_it_is_bound(tmp_path: Path, code: str, words: str) -> None:
    folder = write(tmp_path / "recipes", app=code, data="value = 1.5")
    assert error_of(folder) == f'{words} It must be a homeport.App: `app = App("My tools")`.'


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    write(tmp_path, app="")
    assert error_of(tmp_path / "missing").startswith(f"There is no folder {tmp_path / 'missing'}.")
    assert error_of(tmp_path / "app.py").endswith("is a file. Give the folder that holds app.py.")


def test_a_folder_without_an_app_file(tmp_path: Path) -> None:
    assert error_of(tmp_path).startswith(f"{tmp_path} has no app.py.")


def test_the_line_is_the_authors_when_a_library_in_the_folder_fails(tmp_path: Path) -> None:
    folder = write(tmp_path / "recipes", app="\nimport sys\nfrom outside import fail\nfail()")
    library = write(folder / ".venv" / "lib" / "site-packages", outside="def fail():\n    raise OSError('no disk')")
    sys.path.append(str(library))
    try:
        assert error_of(folder) == "recipes/app.py, line 4: OSError: no disk."
    finally:
        sys.path.remove(str(library))
        sys.modules.pop("outside", None)


def test_text_from_the_app_is_made_safe_to_show(tmp_path: Path) -> None:
    folder = write(tmp_path / "recipes", app=r"raise ValueError('red \x1b[31m\u202e and ' + 'long ' * 500)")
    said = error_of(folder)
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert len(said) < 500


def test_a_failed_load_leaves_no_module_behind(tmp_path: Path) -> None:
    before = set(sys.modules), list(sys.meta_path)
    error_of(write(tmp_path / "recipes", app=IMPORTS_DATA, data="1 / 0"))
    assert (set(sys.modules), sys.meta_path) == before
