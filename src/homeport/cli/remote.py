"""What the commands share that talk to the running Homeport."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from homeport.control.client import RemoteEngine
from homeport.control.instance import find_running
from homeport.settings.folders import find_data_dir

T = TypeVar("T")


def data_dir_option(command: Callable[..., None]) -> Callable[..., None]:
    """`--data-dir`: which Homeport, where several run."""
    return click.option("--data-dir", metavar="FOLDER", help="Data folder of the Homeport to talk to.")(command)


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")(command)


def data_dir_of(option: str | None) -> Path:
    return find_data_dir(option, os.environ, Path.cwd())


def connect(data_dir: str | None) -> RemoteEngine:
    """The running Homeport. Raises NotRunning."""
    return RemoteEngine(find_running(data_dir_of(data_dir)))


def wait_for(answer: Awaitable[T]) -> T:
    async def ask() -> T:
        return await answer

    return asyncio.run(ask())
