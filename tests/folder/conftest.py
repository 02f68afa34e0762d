"""A folder with texts, and the app over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeport.folder import TextFolder

Make = Callable[..., TextFolder]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    (folder / "trips").mkdir(parents=True)
    (folder / "soup.md").write_text("# Carrot soup\n\nCarrots, ginger and an hour of patience.\n", encoding="utf-8")
    (folder / "trips" / "lisbon.txt").write_text("The ginger cat of Lisbon sleeps on tram 28.\n", encoding="utf-8")
    return folder


@pytest.fixture
def scanned(tmp_path: Path) -> Iterator[Make]:
    """Makes a TextFolder over a folder and waits for its first look."""
    made: list[TextFolder] = []

    def make(folder: Path, **options: object) -> TextFolder:
        searched = TextFolder(folder, cache=tmp_path / "cache", **options)  # type: ignore[arg-type]
        made.append(searched)
        searched.start()
        assert searched.wait(60)
        return searched

    yield make
    for searched in made:
        searched.stop()


def look_again(searched: TextFolder) -> None:
    """As a search does that comes later."""
    searched.start()
    assert searched.wait(60)


def titles(searched: TextFolder, query: str) -> list[str]:
    return [hit.title for hit in searched.search(query).hits]
