"""The errors a person reads: the tree as drawn, a code of its own for each, and what to do next in the text."""

from __future__ import annotations

import re

from homeport import errors
from homeport.errors import HomeportError, PortTaken


def kinds() -> dict[str, type[HomeportError]]:
    found = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    return {name: kind for name, kind in found.items() if issubclass(kind, HomeportError)}


def test_the_tree_at_the_top_of_the_file_is_the_tree_there_is() -> None:
    assert errors.__doc__ is not None
    drawn: dict[str, str] = {"HomeportError": "Exception"}
    path = ["HomeportError"]
    for indent, name in re.findall(r"^((?:\|  )*)\|- (\w+)", errors.__doc__, re.MULTILINE):
        depth = len(indent) // 3 + 1
        path[depth:] = [name]
        drawn[name] = path[depth - 1]
    assert drawn == {name: kind.__bases__[0].__name__ for name, kind in kinds().items()}


def test_each_kind_has_a_code_and_a_title_of_its_own() -> None:
    found = list(kinds().values())
    assert len({kind.code for kind in found}) == len(found)
    assert len({kind.title for kind in found}) == len(found)
    for kind in found:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", kind.code)
        assert not kind.title.endswith(".")


def test_the_text_is_what_happened_and_then_what_to_do() -> None:
    error = PortTaken("Port 1 is taken.", hint="Take another one.")
    assert (error.message, error.hint) == ("Port 1 is taken.", "Take another one.")
    assert str(error) == "Port 1 is taken. Take another one."
    assert str(HomeportError("It failed.")) == "It failed."
