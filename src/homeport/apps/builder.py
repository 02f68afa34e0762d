"""The pages of the widgets in an app's folder, and what is wrong with them: read at the start, and anew on edits.

A widget that cannot be built keeps its last good page. Whoever starts this says whether Node may build; where it may
not, as in `homeport serve`, a .tsx is what `homeport build` made of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from homeport import bundles
from homeport.apps.app import App
from homeport.apps.tool_types import tool_types
from homeport.apps.watching import QUIET_MILLISECONDS, SETTLING_SECONDS, Sources, edits
from homeport.apps.widget_files import (
    BUILT,
    FOLDER,
    Unservable,
    WidgetFiles,
    check_length,
    files_beside,
    find_widgets,
    look_at_widgets,
    read_page,
    with_kit,
)
from homeport.apps.widget_node import WarmNode
from homeport.apps.widget_problems import BuildProblem
from homeport.apps.widget_toolchain import Toolchain, cache_folder, install_toolchain
from homeport.apps.widget_types import check_types, write_type_files
from homeport.apps.widgets import WidgetMissing, WidgetPage
from homeport.clock import Clock, system_clock
from homeport.errors import HomeportError, ToolchainError, WidgetNotBuiltYet
from homeport.events import Event, WidgetBuilt, WidgetFailed
from homeport.foreign_text import clean

QUIET_WHILE_BUILDING = 20
"""Milliseconds, see `watching.edits`: each save costs once or twice as many. Watching so takes 0.25 % of a core, and is
done only while there are widgets and somebody has edited one lately.
"""
QUIET_WITHOUT_WIDGETS = 1_000
"""Milliseconds: an app that has no widgets pays next to nothing for the day on which it gets the first."""

EDITING_SECONDS = 900.0
"""After an edit, or the start, somebody may be at work for so long."""

TYPES_PAUSE_SECONDS = 0.3
"""After the newest page, before types are checked: the next edit may come, and the page is to be shown first."""

NOT_EMPTY = (0, 0, 1)

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _State:
    """What is known of one widget."""

    files: WidgetFiles
    page: WidgetPage | None = None
    problems: tuple[BuildProblem, ...] = ()
    made_of: frozenset[Path] = frozenset()


class FolderWidgets:
    """The WidgetPages of the app in `folder`.

    `publish` gets WidgetBuilt and WidgetFailed. `progress` gets a line for each step of an installation. `toolchain`
    installs, or finds, what builds; `settling` is in seconds, see `watching.edits`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        publish: Callable[[Event], None] = lambda _: None,
        progress: Callable[[str], None] = logger.info,
        clock: Clock = system_clock,
        toolchain: Callable[[Callable[[str], None]], Awaitable[Toolchain]] | None = None,
        settling: float = SETTLING_SECONDS,
    ) -> None:
        self._folder = Path(os.path.abspath(folder))
        self._publish = publish
        self._progress = progress
        self._clock = clock
        self._install = toolchain or (lambda progress: install_toolchain(cache_folder(), progress))
        self._settling = settling
        self._node = WarmNode(self._tools)
        self._building = False
        self._app: App | None = None
        self._states: dict[str, _State] = {}
        self._edited = 0.0
        self._kit = ""
        self._installed: Toolchain | None = None
        self._installing = asyncio.Lock()
        self._type_problems: tuple[BuildProblem, ...] = ()
        self._checking: asyncio.Task[None] | None = None
        self._dirty: dict[str, float] = {}
        self._due = asyncio.Event()
        self._settled = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._page_callbacks: dict[object, Callable[[str], None]] = {}
        self._problem_callbacks: dict[object, Callable[[], None]] = {}

    def page(self, name: str) -> WidgetPage:
        """The last good page. Raises WidgetMissing, which says which file is not there and what to do."""
        state = self._states.get(name)
        if state is not None and state.page is not None:
            return state.page
        raise self._missing(name, state)

    def names(self) -> Collection[str]:
        return [name for name, state in self._states.items() if state.page is not None and self._is_shown(name)]

    def problems(self, name: str | None = None) -> Sequence[BuildProblem]:
        """What is wrong with the files as they are now: of one widget, or of all."""
        if name is None:
            shown = (state for name, state in self._states.items() if self._is_shown(name))
            build = [problem for state in shown for problem in state.problems]
            return list(dict.fromkeys([*build, *self._type_problems]))
        state = self._states.get(name)
        if state is None:
            return []
        own = {path.relative_to(self._folder).as_posix() for path in state.made_of}
        return [*state.problems, *(problem for problem in self._type_problems if problem.file in own)]

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """`callback` gets the name of a widget whose page is another one now; returns the end."""
        key = object()
        self._page_callbacks[key] = callback

        def end() -> None:
            self._page_callbacks.pop(key, None)

        return end

    def subscribe_problems(self, callback: Callable[[], None]) -> Callable[[], None]:
        """`callback` is called when `problems` has changed; returns the end."""
        key = object()
        self._problem_callbacks[key] = callback

        def end() -> None:
            self._problem_callbacks.pop(key, None)

        return end

    async def start(self, *, building: bool) -> None:
        """Read the pages that are there and begin to watch. `building`: Node may be started to build each .tsx.

        Returns before anything is built: `settled` waits for that.
        """
        self._building = building
        seen = await asyncio.to_thread(look_at_widgets, self._folder)
        await self._take(seen, Sources({}, {}))
        self._tasks = [asyncio.create_task(self._watch(seen))]
        if building:
            self._tasks.append(asyncio.create_task(self._keep_built()))

    async def settled(self) -> None:
        """Until the page of each widget is that of its files, or they have a problem. Types may still be checked."""
        if self._building:
            await self._settled.wait()

    async def stop(self) -> None:
        """Watch no more and end the Node child. The pages stay."""
        tasks, self._tasks = self._tasks, []
        if self._checking is not None:
            tasks.append(self._checking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._node.stop()

    def use_app(self, app: App) -> None:
        """Tell which tools and widgets there are now; call it again when the app was loaded anew."""
        self._app = app
        if self._building:
            # What no app has shown was not built until now; and the types follow from its tools.
            self._build(name for name, state in self._states.items() if not state.made_of)
            self._check_types()

    # What the folder holds

    async def _watch(self, seen: Sources) -> None:
        changes = edits(self._folder, seen, settling=self._settling, quiet=self._quiet, look=look_at_widgets)
        async with aclosing(changes):
            async for now in changes:
                try:
                    await self._take(now, seen)
                except Exception:
                    # The next edit is looked at all the same.
                    logger.exception("An edit of the widgets in %s could not be taken", self._folder)
                seen = now

    def _quiet(self) -> int:
        if not self._states:
            return QUIET_WITHOUT_WIDGETS
        editing = time.perf_counter() - self._edited < EDITING_SECONDS
        return QUIET_WHILE_BUILDING if self._building and self._states and editing else QUIET_MILLISECONDS

    async def _take(self, now: Sources, before: Sources) -> None:
        """Bring the states in line with the files, which are `now` and were `before`."""
        noticed = self._edited = time.perf_counter()
        different = now.files.items() ^ before.files.items()
        # An editor that has emptied a file is about to fill it.
        changed = {Path(path) for path, _ in different if now.files.get(path, NOT_EMPTY)[2] > 0}
        found = await asyncio.to_thread(find_widgets, self._folder)
        gone = [name for name, state in self._states.items() if name not in found and state.page is not None]
        self._states = {name: self._states.get(name) or _State(files) for name, files in found.items()}
        self._tell_page(gone)
        for name, files in found.items():
            state = self._states[name]
            is_other, state.files = state.files != files, files
            file = self._file_to_read(state)
            if file is not None and (is_other or state.page is None or file in changed):
                await self._read(name, state, file, noticed)
        self._build(name for name, state in self._states.items() if self._is_affected(state, changed))

    def _file_to_read(self, state: _State) -> Path | None:
        """The page as a file, where there is one; what was built before serves until the first build is done."""
        files = state.files
        if files.html is not None:
            return files.html
        return None if files.tsx is not None and self._building and state.page is not None else files.built

    def _is_affected(self, state: _State, changed: Collection[Path]) -> bool:
        """Whether a .tsx is made of what has changed, or may be now: of files that nothing is made of yet."""
        if state.files.tsx is None or state.files.html is not None:
            return False
        known = {path for other in self._states.values() for path in other.made_of}
        sources = {path for path in changed if not path.is_relative_to(self._folder / FOLDER / BUILT)}
        return not sources.isdisjoint(state.made_of) or not sources <= known

    async def _read(self, name: str, state: _State, file: Path, noticed: float) -> None:
        """Take a page that needs no build."""
        shown = file.relative_to(self._folder).as_posix()
        try:
            html = await asyncio.to_thread(read_page, file)
        except Unservable as error:
            self._say_problems(name, state, (BuildProblem(shown, 0, 0, str(error)),))
            return
        if file == state.files.html:
            self._kit = self._kit or bundles.plain_kit()
            state.made_of = frozenset({file})
            self._say_problems(name, state, tuple(await asyncio.to_thread(files_beside, html, shown)))
            html = with_kit(html, self._kit)
        self._show(name, state, html, noticed)

    # Building

    def _build(self, names: Iterable[str]) -> None:
        for name in names:
            files = self._states[name].files
            if self._building and files.tsx and not files.html and self._is_shown(name):
                self._dirty.setdefault(name, time.perf_counter())
        if self._dirty:
            self._settled.clear()
        self._due.set()

    def _is_shown(self, name: str) -> bool:
        """A .tsx beside those that the app shows is a part of them. Without an app, each may be shown."""
        shown = self._app.widgets if self._app is not None else {}
        return name in shown or not shown

    async def _keep_built(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            dirty, self._dirty = self._dirty, {}
            if dirty and self._checking is not None:
                self._checking.cancel()
            await asyncio.gather(*(self._build_one(name, noticed) for name, noticed in dirty.items()))
            if self._dirty:
                continue
            self._settled.set()
            # What cannot be built has no types worth reading.
            if dirty and not any(problem.kind == "build" for problem in self.problems()):
                self._check_types()

    async def _build_one(self, name: str, noticed: float) -> None:
        state = self._states.get(name)
        if state is None or state.files.tsx is None:
            return
        file, root = state.files.tsx, (self._folder / FOLDER).resolve()
        try:
            built = await self._node.build(file.resolve(), root)
            check_length(built.html or "")
        except (HomeportError, Unservable) as error:
            problem = BuildProblem(f"{FOLDER}/{file.name}", 0, 0, str(error))
            self._say_problems(name, state, (problem,))
            return
        except Exception as error:
            logger.exception("Building the widget %s failed", name)
            self._say_problems(name, state, (BuildProblem(f"{FOLDER}/{file.name}", 0, 0, f"Homeport failed: {error}"),))
            return
        inside = (path.relative_to(root) for path in built.files if path.is_relative_to(root))
        state.made_of = frozenset(self._folder / FOLDER / path for path in inside)
        if built.html is not None:
            self._say_problems(name, state, ())
            self._show(name, state, built.html, noticed)
        elif name not in self._dirty:
            self._say_problems(name, state, tuple(problem.seen_from(root) for problem in built.problems))

    async def _tools(self) -> Toolchain:
        async with self._installing:
            if self._installed is None:
                toolchain = await self._install(self._progress)
                await self._write_types(toolchain)
                self._installed = toolchain
            return self._installed

    # Types

    def _check_types(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
        self._checking = asyncio.create_task(self._check_types_soon())

    async def _check_types_soon(self) -> None:
        await asyncio.sleep(TYPES_PAUSE_SECONDS)
        if self._installed is None:
            return
        try:
            await self._write_types(self._installed)
            found = tuple(await check_types(self._folder, self._installed))
        except (ToolchainError, OSError) as error:
            found = (BuildProblem(FOLDER, 0, 0, str(error), "types"),)
        if found == self._type_problems:
            return
        self._type_problems = found
        if found:
            shown_by = next((name for name in self._states if found[0] in self.problems(name)), "")
            self._publish(WidgetFailed(self._clock(), shown_by, "types", _in_a_line(found)))
        self._tell_problems()

    async def _write_types(self, toolchain: Toolchain) -> None:
        types = None if self._app is None else tool_types(self._app)
        await asyncio.to_thread(write_type_files, self._folder, toolchain, types)

    # Telling

    def _show(self, name: str, state: _State, html: str, noticed: float) -> None:
        page = WidgetPage.of(name, html)
        is_first, is_other = state.page is None, state.page is None or state.page.digest != page.digest
        state.page = page
        if not is_other:
            return
        if not is_first or self._tasks:
            self._publish(WidgetBuilt(self._clock(), name, (time.perf_counter() - noticed) * 1_000))
        self._tell_page([name])

    def _tell_page(self, names: Iterable[str]) -> None:
        for name in names:
            for callback in tuple(self._page_callbacks.values()):
                callback(name)

    def _say_problems(self, name: str, state: _State, problems: tuple[BuildProblem, ...]) -> None:
        if problems == state.problems:
            return
        state.problems = problems
        if problems:
            self._publish(WidgetFailed(self._clock(), name, "build", _in_a_line(problems)))
        self._tell_problems()

    def _tell_problems(self) -> None:
        for callback in tuple(self._problem_callbacks.values()):
            callback()

    def _missing(self, name: str, state: _State | None) -> WidgetMissing:
        shown = clean(name, 64)
        if state is None:
            return WidgetMissing(
                f"There is no widgets/{shown}.tsx and no widgets/{shown}.html in {self._folder.name}.",
                hint="Write one of them, with just that name.",
            )
        if state.problems:
            return WidgetMissing(f"The widget {shown!r} cannot be built: {state.problems[0]}")
        if self._building:
            return WidgetNotBuiltYet(f"widgets/{shown}.tsx is not built yet.", hint="Try again in a moment.")
        return WidgetMissing(
            f"widgets/{shown}.tsx was not built: there is no widgets/{BUILT}/{shown}.html.",
            hint="Run `homeport build` and bring the folder widgets/dist along.",
        )


def _in_a_line(problems: Sequence[BuildProblem]) -> str:
    more = len(problems) - 1
    return f"{problems[0]}" + (f" (and {more} more)" if more else "")
