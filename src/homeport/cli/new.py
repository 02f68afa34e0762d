"""`homeport new NAME`: a folder with a working project."""

from __future__ import annotations

import json
import shlex
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import click

from homeport.scaffold import Installed, check_name, write_project


@click.command()
@click.argument("name")
def new(name: str) -> None:
    """Write a new project into the folder NAME: an app with two tools, a widget, tests, and what a server needs.

    NAME may be a path, such as ../recipes: its last part is the name.
    """
    folder = Path.cwd() / name
    check_name(folder.name, _is_installed(folder.name))
    write_project(folder, folder.name, installed_homeport(distribution("homeport")))
    click.echo(f"{folder.name} is a working project. Next:")
    click.echo(f"  cd {shlex.quote(name)}")
    click.echo("  uv run homeport")
    click.echo("  uv run homeport preview    (in a second terminal: shows the widget as ChatGPT would)")


def installed_homeport(found: Distribution) -> Installed:
    """What a project must say to get this Homeport: its version, and where it is if it came from no package index.

    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    told = json.loads(found.read_text("direct_url.json") or "{}")
    url = str(told.get("url", ""))
    if "dir_info" in told:
        editable = ", editable = true" if told["dir_info"].get("editable") else ""
        return Installed(found.version, f"homeport = {{ path = {_toml(_path(url))}{editable} }}")
    if "vcs_info" in told:
        commit = told["vcs_info"]["commit_id"]
        return Installed(found.version, f"homeport = {{ git = {_toml(url)}, rev = {_toml(commit)} }}")
    if url.startswith("file:"):
        return Installed(found.version, f"homeport = {{ path = {_toml(_path(url))} }}")
    return Installed(found.version, f"homeport = {{ url = {_toml(url)} }}" if url else "")


def _path(url: str) -> str:
    return url2pathname(urlsplit(url).path)


def _toml(text: str) -> str:
    # A basic string of TOML is written as one of JSON.
    return json.dumps(text, ensure_ascii=False)


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
