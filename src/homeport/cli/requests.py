"""Commands about those who wait to be let in: pending, approve, deny."""

from __future__ import annotations

import sys

import click

from homeport.cli.approving import Choices, approve_in_words, approved_text, nothing_allowed_text, request_line
from homeport.cli.remote import connect, data_dir_option, json_option, wait_for
from homeport.cli.words import CODE_DIGITS, code_digits, count, duration
from homeport.cli.words import as_json as to_json
from homeport.engine.protocol import Approved
from homeport.settings.as_typed import as_typed, command_prefix


@click.command()
@json_option
@data_dir_option
def pending(as_json: bool, data_dir: str | None) -> None:
    """List who waits to be let in. The code to type is only on their page."""
    waiting = wait_for(connect(data_dir).pending())
    if as_json:
        click.echo(to_json(waiting))
        return
    if not waiting:
        click.echo("Nobody waits.")
        return
    for request in waiting:
        click.echo(f"{request_line(request)}, since {duration(request.age_seconds)}")
    click.echo(
        as_typed("Approve with the code that the page shows: homeport approve CODE. Deny with: homeport deny NUMBER")
    )


@click.command()
@click.argument("code")
@click.option("--yes", "confirmed", is_flag=True, help="Ask nothing; needs --as.")
@click.option("--as", "who", metavar="WHO", default="", help="Who this is: me, a known person, or a new name.")
@click.option("--read-only", is_flag=True, help="Leave out everything that changes something.")
@click.option("--consent-in-browser", is_flag=True, help="Let the person decide about scopes on their own page.")
@click.option("--other-network", is_flag=True, help="The browser may be outside this computer's network.")
@data_dir_option
def approve(
    code: str,
    confirmed: bool,
    who: str,
    read_only: bool,
    consent_in_browser: bool,
    other_network: bool,
    data_dir: str | None,
) -> None:
    """Let the browser in that shows CODE. Type only a code from a page that you opened yourself."""
    digits = code_digits(code)
    if digits is None:
        raise click.UsageError(f"The code is the {CODE_DIGITS} digits on the page that waits.")
    choices = Choices(who.strip(), confirmed, read_only, consent_in_browser, other_network)
    work = approve_in_words(connect(data_dir), digits, choices, ask=_ask, say=click.echo)
    approved = wait_for(work)
    if not isinstance(approved, Approved):
        click.echo(nothing_allowed_text(approved, deny=f"{command_prefix()} deny"), err=True)
        raise SystemExit(1)
    click.echo(approved_text(approved, consent_in_browser=consent_in_browser))


@click.command()
@click.argument("number")
@data_dir_option
def deny(number: str, data_dir: str | None) -> None:
    """Deny waiting request NUMBER, or all."""
    if number != "all" and not (number.isdecimal() and 0 < int(number) < 2**31):
        raise click.UsageError(as_typed("Say the number of a request from `homeport pending`, or all."))
    denied = wait_for(connect(data_dir).deny(None if number == "all" else int(number)))
    click.echo(f"{count(denied, 'request')} denied." if denied else "Nobody waits.")


async def _ask(question: str) -> str | None:
    click.echo(question, nl=False)
    line = sys.stdin.readline()
    if not line:
        click.echo()
        return None
    return line
