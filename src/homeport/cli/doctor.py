"""`homeport doctor`: one line for each hop between ChatGPT and the tools, the first that fails, and what to do."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

import click

from homeport.cli.remote import connect, data_dir_of, data_dir_option, json_option, wait_for
from homeport.cli.words import as_json as to_json
from homeport.cli.words import count
from homeport.control.client import RemoteEngine
from homeport.control.instance import find_running, is_held
from homeport.doctor.answer import is_loopback
from homeport.doctor.hop import LOCAL_TITLES
from homeport.engine.protocol import DoctorReport, HopLine
from homeport.errors import HomeportError, NotRunning, SettingsError
from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed

MARKS = {"ok": "ok", "failed": "FAILED", "skipped": "-", "warning": "!"}
WIDTH = 110
RULE = "-" * 60
"""Before what to read first: it stands last, where the eye of who waits for a prompt is."""


@click.command()
@click.argument("url", required=False, default="")
@click.option("--local", is_flag=True, help="Only this computer: settings, secrets, database, ports, clock and so on.")
@json_option
@data_dir_option
def doctor(url: str, local: bool, as_json: bool, data_dir: str | None) -> None:
    """Ask what ChatGPT would ask, and name the first hop that fails.

    Without URL: this computer and its own public URL. With URL: any MCP server, Homeport or not, as ChatGPT would meet
    it. Exit code 1: something fails.
    """
    if url and local:
        raise click.UsageError("--local is about this computer: give a URL or --local, not both.")
    if url:
        report = wait_for(_visit(url))
    elif local:
        report = wait_for(_local(data_dir))
    else:
        report = wait_for(_own(data_dir))
    click.echo(to_json(report) if as_json else report_text(report))
    raise SystemExit(0 if report.ok else 1)


def report_text(report: DoctorReport) -> str:
    """A report as a person reads it: the hops, below them what could be better, and last the first that fails."""
    here = [hop for hop in report.hops if hop.name in LOCAL_TITLES]
    there = [hop for hop in report.hops if hop.name not in LOCAL_TITLES]
    width = max((len(hop.title) for hop in report.hops), default=0)
    lines: list[str] = []
    for heading, hops in (("This computer", here), (_heading(report.url), there)):
        if hops:
            lines += ["", heading, "", *_table(hops, width)]
    first = next((each for each in report.hops if each.name == report.first_failed), None)
    for each in report.hops:
        if each.state == "warning":
            lines += ["", f"! {clean(each.title)}: {clean(each.fix, 500)}"]
    for each in report.hops:
        if each.state == "failed" and each is not first:
            lines += [
                "",
                f"Also fails: {clean(each.title)}. {clean(each.detail, 500)}",
                f"  Do: {clean(each.fix, 500)}",
            ]
    if first is None:
        warnings = sum(each.state == "warning" for each in report.hops)
        lines += ["", "Nothing fails." + (f" {count(warnings, 'thing')} could be better." if warnings else "")]
    else:
        lines += ["", RULE, f"First that fails: {clean(first.title)}."]
        lines += [f"  {clean(first.detail, 500)}", f"  Do: {clean(first.fix, 500)}"]
    return as_typed("\n".join(lines[1:]))


def _heading(url: str) -> str:
    """Whose way this is: nobody else reaches an address of this computer's own."""
    shown = clean(url, 200)
    if is_loopback(urlsplit(url).hostname or ""):
        return f"The way from a program on this computer to {shown} (ChatGPT needs a public https address)"
    return f"The way from ChatGPT to {shown}"


def _table(hops: Sequence[HopLine], width: int) -> list[str]:
    """One line for each, and one for all that in a row were not asked for one reason."""
    lines: list[str] = []
    for (state, detail), same in groupby(hops, key=lambda hop: (hop.state, hop.detail)):
        alike = list(same)
        if state == "skipped" and len(alike) > 1:
            names = f"{clean(detail, 500)} {'; '.join(clean(each.title) for each in alike)}"
            lines += textwrap.wrap(names, WIDTH, initial_indent=f"  {MARKS[state]:<6} ", subsequent_indent=" " * 9)
        else:
            lines += [_line(each, width) for each in alike]
    return lines


def _line(hop: HopLine, width: int) -> str:
    took = f"{hop.milliseconds:,.0f} ms" if hop.milliseconds >= 1 else ""
    said = clean(hop.detail, 500)
    return f"  {MARKS.get(hop.state, hop.state):<6} {clean(hop.title):<{width}} {took:>8}  {said}"


async def _visit(url: str) -> DoctorReport:
    from homeport.doctor.visit import visit
    from homeport.engine.self_check import to_lines
    from homeport.network import SystemNetwork

    report, _ = await visit(url, SystemNetwork())
    return to_lines(report)


async def _own(data_dir: str | None) -> DoctorReport:
    """The running Homeport asks itself. Where none runs, this computer is looked at, and that it does not run is
    said."""
    from homeport.doctor import hop
    from homeport.doctor.hop import Report, in_order
    from homeport.engine.self_check import to_lines

    try:
        return await connect(data_dir).doctor("")
    except NotRunning as error:
        stopped = hop.failed("running", error.message, error.hint or "")
    report = await _local(data_dir)
    own = to_lines(Report("", in_order([stopped])))
    first = report.first_failed or own.first_failed
    return DoctorReport(url="", ok=False, hops=[*report.hops, *own.hops], first_failed=first)


async def _local(data_dir: str | None) -> DoctorReport:
    """Looks at this computer from this process, whether Homeport runs or not."""
    from homeport.clock import system_clock
    from homeport.doctor import local
    from homeport.doctor.hop import Report
    from homeport.engine.local_check import check_locally
    from homeport.engine.self_check import to_lines
    from homeport.network import SystemNetwork
    from homeport.settings import load_settings

    options = {"data_dir": data_dir} if data_dir else {}
    try:
        loaded = load_settings(options=options, environ=os.environ, cwd=Path.cwd())
    except SettingsError as error:
        return to_lines(Report("", (local.judge_settings(error, ()),)))
    hops = await check_locally(
        loaded,
        environ=os.environ,
        network=SystemNetwork(),
        clock=system_clock,
        ours=await _ports_of_running(data_dir),
    )
    return to_lines(Report("", tuple(hops)))


async def _ports_of_running(data_dir: str | None) -> Callable[[str], int]:
    """The ports that a running Homeport of this data folder has."""
    ports: dict[str, int] = {}
    folder = data_dir_of(data_dir)
    if is_held(folder):
        try:
            running = find_running(folder, wait_seconds=0)
            status = await RemoteEngine(running).status()
        except HomeportError:
            return lambda name: 0
        ports = {"control_port": running.port}
        if status.state == "online":
            ports["port"] = int(status.local_url.rpartition(":")[2])
    return lambda name: ports.get(name, 0)
