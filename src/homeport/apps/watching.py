"""When the source files of a folder change. Says that they did, not what they say now."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

SETTLING_SECONDS = 1.0
"""Before the watcher is loaded: it has time, and a server that starts has not."""

LOOK_AGAIN_SECONDS = 1.0
"""Between two looks while the folder is missing or cannot be watched."""

QUIET_MILLISECONDS = 400
"""An editor that saves by writing, removing and renaming is done after so long without another change."""

MOST_FOLDERS = 1_000

Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Sources:
    """A folder's own Python files with their versions, and the folders they lie in."""

    files: Mapping[str, Version]
    folders: Mapping[str, Version]


def look(folder: Path) -> Sources:
    """What is there now. Hidden folders, environments, node_modules and byte code are no sources."""
    files: dict[str, Version] = {}
    folders: dict[str, Version] = {}
    for place, names_of_folders, names in os.walk(folder):
        if "pyvenv.cfg" in names and place != str(folder):
            names_of_folders.clear()
            continue
        names_of_folders[:] = sorted(name for name in names_of_folders if not is_foreign(name))
        if (version := version_of(place)) is not None:
            # Only which folder it is: its time changes with everything that is written into it.
            folders[place] = (version[0], 0, 0)
        for name in names:
            path = os.path.join(place, name)
            if name.endswith(".py") and (version := version_of(path)) is not None:
                files[path] = version
        if len(folders) >= MOST_FOLDERS:
            break
    return Sources(files, folders)


async def edits(
    folder: Path,
    seen: Sources,
    *,
    settling: float = SETTLING_SECONDS,
    quiet: Callable[[], int] = lambda: QUIET_MILLISECONDS,
    look: Callable[[Path], Sources] = look,
) -> AsyncGenerator[Sources, None]:
    """Yields what is there whenever it differs from what was `seen`, or yielded last.

    `settling` is in seconds; `quiet`, in milliseconds, is what a change costs at least: the watcher wakes as often. It
    is asked every second, so that it can be short only while somebody edits.
    """
    await asyncio.sleep(settling)
    watchfiles = await asyncio.to_thread(importlib.import_module, "watchfiles")
    while True:
        watched = now = await asyncio.to_thread(look, folder)
        if now.files != seen.files:
            seen = now
            yield now
        if not watched.folders:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            continue
        pause = quiet()
        # Not recursive: an environment inside the folder would cost the system a watch for each of its folders.
        changes = watchfiles.awatch(
            *watched.folders,
            recursive=False,
            watch_filter=None,
            step=pause,
            rust_timeout=int(LOOK_AGAIN_SECONDS * 1_000),
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        looked = False
        try:
            async with aclosing(changes):
                async for changed in changes:
                    # Without a change once: for what happened before the watch began.
                    if not changed and looked:
                        if quiet() != pause:
                            break
                        continue
                    looked = True
                    now = await asyncio.to_thread(look, folder)
                    if now.files != seen.files:
                        seen = now
                        yield now
                    if now.folders != watched.folders:
                        break
        except OSError:
            # The folder has gone, or the system has no more watches to give.
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


def is_foreign(name: str) -> bool:
    """Whether a folder of this name holds nothing that the author wrote."""
    return name.startswith(".") or name in ("__pycache__", "node_modules")


def version_of(path: str) -> Version | None:
    """What changes with each save; None where there is nothing."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
