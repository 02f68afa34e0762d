"""`homeport people`: who may use Homeport, who is invited, and who no longer may."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import click

from homeport.cli.groups import Group
from homeport.cli.remote import connect, data_dir_option, json_option, wait_for
from homeport.cli.words import as_json as to_json
from homeport.cli.words import columns, count, moment
from homeport.engine.protocol import InvitationSummary, PersonSummary, Removal
from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed, command_prefix

LET_IN = {
    "invited": "invited by e-mail",
    "approved": "by your code",
    "listed": "on the list",
    "open": "open to all",
}
NOBODY = (
    "Nobody yet. The first approval (`homeport approve CODE`) makes the first person; where people sign in with Privy, "
    "`homeport people invite EMAIL` lets somebody in beforehand."
)


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
@json_option
@data_dir_option
def people(ctx: click.Context, as_json: bool, data_dir: str | None) -> None:
    """List who may use Homeport and who is invited; or invite, block or remove somebody.

    WHO is an id from the list, an e-mail address, or a name.
    """
    if ctx.invoked_subcommand is None:
        _list(as_json, data_dir)
    ctx.obj = (data_dir, as_json)


@people.command("list")
@click.pass_obj
@json_option
@data_dir_option
def people_list(outer: tuple[str | None, bool], as_json: bool, data_dir: str | None) -> None:
    """List people and invitations."""
    _list(as_json or outer[1], data_dir or outer[0])


@people.command("invite")
@click.argument("email")
@click.pass_obj
@json_option
@data_dir_option
def people_invite(outer: tuple[str | None, bool], email: str, as_json: bool, data_dir: str | None) -> None:
    """Let the person of EMAIL in without asking you. They prove the address by signing in with Privy."""
    invited = wait_for(connect(data_dir or outer[0]).invite(email))
    if as_json or outer[1]:
        click.echo(to_json(invited))
        return
    address = clean(invited.email, 254)
    if not invited.note:
        click.echo(f"{address} is invited: whoever signs in with Privy and proves this address gets in.")
        click.echo(as_typed("Nothing was sent. Tell them the connector URL (`homeport url`)."))
        return
    click.echo(f"{address} is invited, but that changes nothing yet.")
    click.echo(as_typed(clean(invited.note, 400)))


@people.command("block")
@click.argument("who")
@click.pass_obj
@json_option
@data_dir_option
def people_block(outer: tuple[str | None, bool], who: str, as_json: bool, data_dir: str | None) -> None:
    """End the access of WHO now and keep them out. That holds whatever the settings say; their data stays."""
    person = wait_for(connect(data_dir or outer[0]).block_person(who))
    if as_json or outer[1]:
        click.echo(to_json(person))
        return
    click.echo(f"{_called(person)} is blocked. Every app that acted for them is signed out.")
    click.echo(f"To undo it: {command_prefix()} people unblock {person.person_id}")


@people.command("unblock")
@click.argument("who")
@click.pass_obj
@json_option
@data_dir_option
def people_unblock(outer: tuple[str | None, bool], who: str, as_json: bool, data_dir: str | None) -> None:
    """Let WHO sign in again. The apps that acted for them stay signed out until then."""
    person = wait_for(connect(data_dir or outer[0]).unblock_person(who))
    if as_json or outer[1]:
        click.echo(to_json(person))
        return
    click.echo(f"{_called(person)} is not blocked. They connect again in the app to get their access back.")


@people.command("remove")
@click.argument("who")
@click.option("--yes", "confirmed", is_flag=True, help="Ask nothing.")
@click.pass_obj
@json_option
@data_dir_option
def people_remove(
    outer: tuple[str | None, bool], who: str, confirmed: bool, as_json: bool, data_dir: str | None
) -> None:
    """Forget WHO: access, data kept here and invitation go. Given an invited address, take it back."""
    engine = connect(data_dir or outer[0])
    json = as_json or outer[1]
    if not confirmed:
        removal = wait_for(engine.preview_removal(who))
        click.echo(_what_goes(removal), err=json)
        if not _agreed("Remove?"):
            click.echo("Nothing was removed.", err=True)
            raise SystemExit(1)
        # Whoever was named above, and nobody who took that name meanwhile.
        who = removal.person_id or who
    removed = wait_for(engine.remove_person(who))
    click.echo(to_json(removed) if json else _what_went(removed))


def _list(as_json: bool, data_dir: str | None) -> None:
    engine = connect(data_dir)
    known, invited = wait_for(engine.people()), wait_for(engine.invitations())
    if as_json:
        click.echo(to_json({"people": known, "invitations": invited}))
        return
    if known:
        headers = ("NAME", "E-MAIL", "SIGNS IN BY", "LET IN", "LAST SEEN", "GRANTS", "ID")
        click.echo(columns(headers, [_row(person) for person in known]))
    elif not invited:
        click.echo(as_typed(NOBODY))
    for invitation in invited:
        click.echo(_invitation(invitation, known))


def _row(person: PersonSummary) -> tuple[str, ...]:
    name = clean(person.name) or "-"
    emails = dict.fromkeys([*([person.email] if person.email else []), *person.emails])
    first = next((clean(email, 254) for email in emails), "")
    more = f" +{len(emails) - 1}" if len(emails) > 1 else ""
    seen = moment(person.seen_at) or "never"
    return (name, first + more, person.provider, _let_in(person), seen, str(person.live_grants), person.person_id)


def _let_in(person: PersonSummary) -> str:
    if person.blocked:
        return "BLOCKED"
    if person.provider == "owner":
        return LET_IN["approved"]
    return LET_IN.get(person.admitted_as) or clean(person.admitted_as) or "not yet"


def _invitation(invitation: InvitationSummary, known: Sequence[PersonSummary]) -> str:
    since = time.strftime("%d %b %Y", time.localtime(invitation.invited_at))
    having = [person for person in known if invitation.email in (person.email, *person.emails)]
    if not having:
        state = "not here yet"
    elif any(person.blocked for person in having):
        state = "but blocked"
    else:
        state = "counts at the next sign-in"
    return f"Invited, {state}: {clean(invitation.email, 254)}, since {since}"


def _called(person: PersonSummary | Removal) -> str:
    """At the start of a sentence: a name, which anybody may have chosen, and the address that tells who it is."""
    name = clean(person.name) or person.person_id
    if person.provider == "owner" and name == "me":
        return "The owner of this computer"
    return f"{name} ({clean(person.email, 254)})" if person.email and person.email != name else name


def _what_goes(removal: Removal) -> str:
    if not removal.person_id:
        return f"{_addresses(removal)} is invited and has not come yet. The invitation goes."
    apps = (
        f"{count(removal.grants, 'app')} signed in for them" if removal.grants else "no app is signed in for them now"
    )
    kept = "items and Privy sessions" if removal.provider == "privy" else "items"
    lines = [
        f"{_called(removal)}, {removal.person_id}. This goes for good:",
        f"  access      {apps}",
        f"  data        the {kept} that Homeport keeps for them",
    ]
    if removal.invitations:
        lines.append(f"  invitation  {_addresses(removal)}")
    return "\n".join(lines)


def _what_went(removed: Removal) -> str:
    if not removed.person_id:
        return f"The invitation for {_addresses(removed)} is withdrawn."
    went = f"{_called(removed)} is removed, with all that Homeport kept for them."
    if removed.grants:
        went += f" {count(removed.grants, 'app')} can do no more for them."
    if removed.provider == "owner":
        return went
    return (
        f"{went}\nThey may sign in anew where the setting `people` lets them. To keep somebody out, block them instead."
    )


def _addresses(removal: Removal) -> str:
    return ", ".join(clean(email, 254) for email in removal.invitations)


def _agreed(question: str) -> bool:
    click.echo(f"{question} [y/N] ", nl=False, err=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        click.echo(err=True)
    return answer.strip().lower() in ("y", "yes")
