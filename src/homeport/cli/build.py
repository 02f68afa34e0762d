"""`homeport build`: the widgets of an app as files, for servers and packages. It needs no running Homeport."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import click

from homeport.cli.remote import json_option
from homeport.cli.words import as_json as to_json
from homeport.cli.words import columns
from homeport.errors import AppError, SettingsError


@click.command()
@click.option("--app", metavar="FOLDER", help="Folder with app.py; without it, that of the settings.")
@json_option
def build(app: str | None, as_json: bool) -> None:
    """Build each widgets/NAME.tsx of the app into widgets/dist/NAME.html and check its types.

    A widget in plain HTML is used as it is, and needs no build. Exit code 1: something is wrong with a widget.
    """
    from homeport.apps.loading import load_app
    from homeport.apps.widget_build import BuildReport, build_widgets
    from homeport.apps.widget_toolchain import Toolchain, cache_folder, install_toolchain

    folder = _folder(app)
    broken: AppError | None = None
    loaded = None
    try:
        loaded = load_app(folder).app
    except AppError as error:
        if not (folder / "app.py").is_file():
            raise
        broken = error

    async def toolchain() -> Toolchain:
        return await install_toolchain(cache_folder(), lambda line: click.echo(line, err=True))

    report: BuildReport = asyncio.run(build_widgets(folder, loaded, toolchain))
    if as_json:
        click.echo(to_json(report))
    else:
        if report.pages:
            rows = [(page.file, f"{page.size / 1000:.1f} kB", f"{page.zipped / 1000:.1f} kB") for page in report.pages]
            click.echo(columns(("PAGE", "SIZE", "GZIP"), rows))
        elif not report.problems:
            click.echo(f"There is no .tsx in {folder.name}/widgets: nothing has to be built.")
        for problem in report.problems:
            click.echo(str(problem), err=True)
    if broken is not None:
        raise broken
    if report.problems:
        sys.exit(1)


def _folder(option: str | None) -> Path:
    from homeport.settings.load import load_settings

    loaded = load_settings(options={"app": option}, environ=os.environ, cwd=Path.cwd())
    found = loaded.settings.app or Path.cwd()
    if loaded.settings.app is None and not (found / "app.py").is_file():
        raise SettingsError(
            "No app is set, and this folder has no app.py.", hint="Give its folder: homeport build --app FOLDER"
        )
    return found
