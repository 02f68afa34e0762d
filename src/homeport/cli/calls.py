"""`homeport calls`: the calls of tools that wait for the owner's yes. A yes is given to what was shown here, whole."""

from __future__ import annotations

import re
import sys

import click

from homeport.cli.groups import Group
from homeport.cli.remote import connect, data_dir_option, json_option, wait_for
from homeport.cli.words import as_json as to_json
from homeport.cli.words import columns, duration
from homeport.engine.protocol import CallRequest
from homeport.errors import NoSuchCall
from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed, command_prefix

EFFECTS = {"read": "reads", "write": "changes something", "destroy": "CAN LOSE SOMETHING FOR GOOD"}
_FOREIGN_LINE = re.compile(r"[^\n]+")


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
@json_option
@data_dir_option
def calls(ctx: click.Context, as_json: bool, data_dir: str | None) -> None:
    """List calls of tools that wait for your yes; or look at one and allow it, or deny it."""
    if ctx.invoked_subcommand is None:
        found = wait_for(connect(data_dir).calls())
        click.echo(to_json(found) if as_json else calls_text(found))
    ctx.obj = data_dir


@calls.command("allow")
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@click.option("--yes", "confirmed", is_flag=True, help="Show the call and allow it without asking.")
@click.pass_obj
@data_dir_option
def calls_allow(outer: str | None, number: int, confirmed: bool, data_dir: str | None) -> None:
    """Show call NUMBER with all of its arguments, and let it run once."""
    engine = connect(data_dir or outer)
    call = _one(wait_for(engine.calls()), number)
    click.echo(call_text(call))
    if not confirmed:
        if not sys.stdin.isatty():
            raise click.UsageError("Nobody can be asked here: add --yes to allow what is shown above.")
        if not click.confirm("\nLet exactly this call run, once?", default=False):
            click.echo(
                as_typed(f"Nothing was allowed. The call still waits: `homeport calls deny {number}` turns it away.")
            )
            raise SystemExit(1)
    wait_for(engine.allow_call(number, call.digest))
    click.echo("It runs now." if call.waiting else "It may run once within 5 minutes: ask for it again in the chat.")


@calls.command("deny")
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@click.pass_obj
@data_dir_option
def calls_deny(outer: str | None, number: int, data_dir: str | None) -> None:
    """Turn call NUMBER away; its client is told for 5 minutes that you said no."""
    wait_for(connect(data_dir or outer).deny_call(number))
    click.echo(f"Call {number} is denied.")


def calls_text(found: list[CallRequest]) -> str:
    if not found:
        return "No call waits."
    rows = [
        (
            str(call.number),
            clean(call.tool),
            clean(call.person),
            client_of(call),
            duration(call.age_seconds),
            "waits" if call.waiting else "may come again",
        )
        for call in found
    ]
    table = columns(("NUMBER", "TOOL", "PERSON", "CLIENT", "ASKED", "ITS CLIENT"), rows)
    return f"{table}\n\nLook at one and allow it: {command_prefix()} calls allow NUMBER"


def call_text(call: CallRequest) -> str:
    """Everything a yes is given to."""
    facts = [
        ("tool", f"{clean(call.tool)} ({clean(call.title, 200)})"),
        ("effect", EFFECTS.get(call.effect, clean(call.effect))),
        ("person", clean(call.person)),
        ("client", client_of(call)),
        ("asked", f"{duration(call.age_seconds)} ago"),
    ]
    arguments = _FOREIGN_LINE.sub(lambda line: "    " + _printable(line[0]), call.arguments)
    return "\n".join([*(f"  {name:<8} {value}" for name, value in facts), "  with", arguments])


def client_of(call: CallRequest) -> str:
    name = clean(call.client) or "a client without a name"
    return name if call.client_verified else f"{name} (unverified name)"


def _printable(line: str) -> str:
    """The arguments come with everything written out that acts on a screen; whatever else comes is not believed."""
    return "".join(c if c == " " or clean(c) == c else "?" for c in line)


def _one(found: list[CallRequest], number: int) -> CallRequest:
    for call in found:
        if call.number == number:
            return call
    raise NoSuchCall(f"No call with the number {number} waits.", hint="`homeport calls` lists what waits.")
