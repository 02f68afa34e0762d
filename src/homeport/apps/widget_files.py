"""The files in an app's folder `widgets`: which widgets there are, and the page of one that needs no build.

Nothing is read that lies outside that folder, whatever a link in it says.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from homeport.apps.watching import MOST_FOLDERS, Sources, Version, is_foreign, version_of
from homeport.apps.widget_problems import BuildProblem

FOLDER = "widgets"
BUILT = "dist"
GENERATED = ".homeport"

LONGEST_PAGE = 10_000_000
"""Bytes. Each client that shows the widget fetches all of them, and hosts refuse less."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_KIT = re.compile(r"""<script\s+src\s*=\s*(["'])homeport:kit\1\s*>\s*</script\s*>""", re.IGNORECASE)
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//|#|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WidgetFiles:
    """The files of one widget; None where there is none. `html` wins over `tsx`, and `built` is the page of `tsx`."""

    name: str
    html: Path | None
    tsx: Path | None
    built: Path | None


def find_widgets(app: Path) -> Mapping[str, WidgetFiles]:
    """Every widget of the app in the folder `app`, by name. A file that links out of the folder is none."""
    folder = app / FOLDER
    html, tsx, built = (
        {path.stem: path for path in _files(app, place, suffix)}
        for place, suffix in ((folder, ".html"), (folder, ".tsx"), (folder / BUILT, ".html"))
    )
    return {
        name: WidgetFiles(name, html.get(name), tsx.get(name), built.get(name))
        for name in sorted({*html, *tsx, *built})
    }


def is_inside(app: Path, path: Path) -> bool:
    """Whether `path`, links followed, is a file below the app's folder `widgets`, and that below the app's folder."""
    try:
        real, folder = path.resolve(), app.resolve() / FOLDER
    except (OSError, RuntimeError):  # links in a circle; the second until Python 3.12
        return False
    return real.is_relative_to(folder) and real.is_file()


def look_at_widgets(app: Path) -> Sources:
    """What a widget can be made of, with versions, for `watching.edits`; the app's folder is watched for `widgets`."""
    files: dict[str, Version] = {}
    folders: dict[str, Version] = {}
    if (own := version_of(str(app))) is not None:
        folders[str(app)] = (own[0], 0, 0)
    for place, names_of_folders, names in os.walk(app / FOLDER):
        names_of_folders[:] = sorted(name for name in names_of_folders if not is_foreign(name))
        if (version := version_of(place)) is not None:
            folders[place] = (version[0], 0, 0)
        for name in names:
            path = os.path.join(place, name)
            if not name.startswith(".") and not name.endswith("~") and (version := version_of(path)) is not None:
                files[path] = version
        if len(folders) >= MOST_FOLDERS:
            break
    return Sources(files, folders)


class Unservable(Exception):
    """A page that cannot be served; its words say why, without where the folder lies."""


def read_page(file: Path) -> str:
    """The text of a page. Raises Unservable."""
    try:
        size = file.stat().st_size
        if size > LONGEST_PAGE:
            raise Unservable(_too_long(size))
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Unservable(f"It cannot be read: byte {error.start} is not UTF-8. Save it as UTF-8.") from None
    except OSError as error:
        raise Unservable(f"It cannot be read: {error.strerror or error}.") from None


def check_length(html: str) -> None:
    """Raises Unservable."""
    if len(html) > LONGEST_PAGE // 4 and (size := len(html.encode("utf-8", "replace"))) > LONGEST_PAGE:
        raise Unservable(_too_long(size))


def _too_long(size: int) -> str:
    return (
        f"The page has {size / 1e6:.1f} MB, and a widget may have {LONGEST_PAGE // 1_000_000}: leave out pictures, or "
        "load them from a host that the widget names in `resources`."
    )


def with_kit(html: str, kit: str) -> str:
    """The page of a plain .html: `<script src="homeport:kit"></script>` becomes the kit."""
    script = kit.replace("</script", "<\\/script").replace("<!--", "\\x3C!--")
    return _KIT.sub(lambda _: f"<script>{script}</script>", html)


def files_beside(html: str, file: str) -> list[BuildProblem]:
    """What the page loads from files beside it: in a chat there are none. `file` is its name in messages."""
    found = _Loaded()
    with contextlib.suppress(AssertionError):  # so the parser ends at marked sections that it does not know
        found.feed(_KIT.sub("", html))
    return [
        BuildProblem(
            file,
            line,
            column + 1,
            f'"{name}" is a file beside the page, and a chat gets only the page. Write it into the page, or write a '
            ".tsx instead: that may import files.",
        )
        for name, line, column in found.places
    ]


class _Loaded(HTMLParser):
    """Collects what scripts, stylesheets and pictures name without a scheme, with its place."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[tuple[str, int, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        key = {"script": "src", "img": "src", "video": "src", "audio": "src", "source": "src", "iframe": "src"}.get(tag)
        if tag == "link" and "stylesheet" in (values.get("rel") or "").split():
            key = "href"
        name = values.get(key) if key else None
        if name and not _ELSEWHERE.match(name.strip()):
            self.places.append((name, *self.getpos()))


def _files(app: Path, folder: Path, suffix: str) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [path for path in entries if path.suffix == suffix and _NAME.fullmatch(path.stem) and is_inside(app, path)]
