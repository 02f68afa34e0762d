"""`homeport build`: every .tsx of an app's widgets once, into widgets/dist, for where there is no Node."""

from __future__ import annotations

import asyncio
import gzip
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from homeport.apps.app import App
from homeport.apps.tool_types import tool_types
from homeport.apps.widget_files import (
    BUILT,
    FOLDER,
    Unservable,
    WidgetFiles,
    check_length,
    files_beside,
    find_widgets,
    read_page,
)
from homeport.apps.widget_node import Built, WarmNode
from homeport.apps.widget_problems import BuildProblem
from homeport.apps.widget_toolchain import Toolchain
from homeport.apps.widget_types import check_types, write_type_files
from homeport.errors import ToolchainError


@dataclass(frozen=True, slots=True)
class BuiltPage:
    """`file` is seen from the app's folder; `size` and `zipped` are in bytes."""

    widget: str
    file: str
    size: int
    zipped: int


@dataclass(frozen=True, slots=True)
class BuildReport:
    pages: tuple[BuiltPage, ...]
    problems: tuple[BuildProblem, ...]


async def build_widgets(folder: Path, app: App | None, toolchain: Callable[[], Awaitable[Toolchain]]) -> BuildReport:
    """Build what the app in `folder` shows, and check all types; without an `app`, which may be broken, build all.

    A page that cannot be built leaves the one that is there. `toolchain` is asked for only where there is a .tsx.
    Raises ToolchainError, and OSError where nothing can be written.
    """
    found = await asyncio.to_thread(find_widgets, folder)
    shown = app.widgets if app is not None else {}
    wanted = {name: files for name, files in found.items() if name in shown or not shown}
    problems = [_missing(folder, name) for name in shown if name not in found]
    for files in wanted.values():
        if files.html is not None:
            problems += await asyncio.to_thread(_problems_of, files.html)
    written: list[BuiltPage] = []
    sources = [files for files in wanted.values() if files.tsx is not None and files.html is None]
    if sources:
        ready = await toolchain()
        await asyncio.to_thread(write_type_files, folder, ready, None if app is None else tool_types(app))
        # The first pages are built while types are checked: here nobody waits for one of them.
        pages, types = await asyncio.gather(_build_all(folder, sources, toolchain), check_types(folder, ready))
        for files, made in zip(sources, pages, strict=True):
            if isinstance(made, str):
                written.append(await asyncio.to_thread(_write, folder, files.name, made))
            else:
                problems += made
        if not any(problem.kind == "build" for problem in problems):
            problems += types
    return BuildReport(tuple(written), tuple(problems))


async def _build_all(
    folder: Path, sources: list[WidgetFiles], toolchain: Callable[[], Awaitable[Toolchain]]
) -> list[str | list[BuildProblem]]:
    """For each of `sources` its page, or what stands in its way."""
    root = (folder / FOLDER).resolve()
    node = WarmNode(toolchain)
    made: list[str | list[BuildProblem]] = []
    try:
        for files in sources:
            assert files.tsx is not None
            built = await node.build(files.tsx.resolve(), root)
            made.append(_page_or_problems(built, files, root))
    finally:
        await node.stop()
    return made


def _page_or_problems(built: Built, files: WidgetFiles, root: Path) -> str | list[BuildProblem]:
    if built.html is None:
        return [one.seen_from(root) for one in built.problems]
    try:
        check_length(built.html)
    except Unservable as error:
        return [BuildProblem(f"{FOLDER}/{files.name}.tsx", 0, 0, str(error))]
    return built.html


def _problems_of(html: Path) -> list[BuildProblem]:
    name = f"{FOLDER}/{html.name}"
    try:
        return files_beside(read_page(html), name)
    except Unservable as error:
        return [BuildProblem(name, 0, 0, str(error))]


def _missing(folder: Path, name: str) -> BuildProblem:
    return BuildProblem(
        f"{FOLDER}/{name}.tsx", 0, 0, f"It is not there, and no {name}.html, but {folder.name}/app.py shows {name!r}."
    )


def _write(folder: Path, name: str, html: str) -> BuiltPage:
    built = folder / FOLDER / BUILT
    if built.is_symlink():
        raise ToolchainError(f"{built} is a link, and Homeport writes there.", hint="Delete it.")
    built.mkdir(exist_ok=True)
    content = html.encode()
    unfinished = built / f".{name}.html"
    unfinished.unlink(missing_ok=True)
    with unfinished.open("xb") as file:  # not through a link that lies there
        file.write(content)
    os.replace(unfinished, built / f"{name}.html")
    return BuiltPage(name, f"{FOLDER}/{BUILT}/{name}.html", len(content), len(gzip.compress(content, mtime=0)))
