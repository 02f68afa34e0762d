"""The conversation that leads to an approval, in the terminal Homeport runs in and in `homeport approve` alike.

Nothing here shows the code: it is typed by the person who reads it on the other screen (SECURITY, Owner sign-in).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import click

from homeport.cli.words import client_name, code_digits, columns
from homeport.engine.protocol import ApprovalPreview, Approved, EngineMethods, PendingRequest
from homeport.errors import OtherNetwork
from homeport.foreign_text import clean
from homeport.settings.as_typed import command_prefix

Ask = Callable[[str], Awaitable[str | None]]
"""Shows a question and gives the answer, or None when nobody answers any more."""

Say = Callable[[str], None]

SCOPES = {"write": "change things", "offline_access": "stay signed in"}
NOT_AN_ANSWER = re.compile(r"(deny|approve|homeport)\b.*|deny\d+|pending|help|yes|no|[yn]|\?+")
"""What is typed for the terminal itself, or for another question: no name, and no answer to a question."""
EFFECTS = {"read": "reads", "write": "changes", "destroy": "DELETES"}


@dataclass(frozen=True, slots=True)
class Choices:
    """What was said beforehand. `who` empty: ask; `confirmed`: no questions at all."""

    who: str = ""
    confirmed: bool = False
    read_only: bool = False
    consent_in_browser: bool = False
    other_network: bool = False


async def approve_in_words(
    engine: EngineMethods, code: str, choices: Choices, *, ask: Ask, say: Say
) -> Approved | PendingRequest:
    """Show what `code` would allow, ask who this is, ask whether to do it, and do it. The request itself comes back
    when the answer is no: it still waits.

    Raises ApprovalError: no waiting request shows this code, approving is paused, or the browser is on another
    network and nobody was asked (`confirmed` without `other_network`).
    """
    preview = await engine.preview_approval(code)
    say(preview_text(preview, read_only=choices.read_only))
    elsewhere = not preview.request.same_network
    if choices.confirmed and elsewhere and not choices.other_network:
        raise OtherNetwork(
            f"The browser that shows this code is at {clean(preview.request.network)}, which may not be your network.",
            hint="If it is yours, add --other-network. If somebody sent you the code, deny the request: homeport deny "
            f"{preview.request.number}",
        )
    who: str | None = preview.newcomer or choices.who
    if choices.confirmed and not who:
        raise click.UsageError("--yes needs --as: who is this? Use --as me, or --as NAME.")
    who = who or await _ask_who(preview, ask, say)
    if who is None or not (choices.confirmed or await _ask_yes(preview, who, ask, say)):
        return preview.request
    return await engine.approve(
        code,
        who=who,
        read_only=choices.read_only,
        consent_in_browser=choices.consent_in_browser,
        other_network=elsewhere,
    )


def preview_text(preview: ApprovalPreview, *, read_only: bool) -> str:
    """What would be allowed, to whom, with every tool."""
    request = preview.request
    scopes = [scope for scope in preview.scopes if not (read_only and scope == "write")]
    asks = f"{client_name(request)} wants to use this computer."
    if preview.newcomer:
        asks = f"{clean(preview.newcomer)} signed in and asks to be let in, to use {client_name(request)} here."
    lines = [
        asks,
        f"  returns to  {clean(request.redirect_host)}",
        f"  browser     {clean(request.browser)}, {clean(request.network)}",
        f"  may         {scopes_in_words(scopes)}",
    ]
    tools = [tool for tool in preview.tools if not read_only or tool.effect == "read"]
    if tools:
        rows = [(clean(tool.name), EFFECTS.get(tool.effect, tool.effect), "new" if tool.new else "") for tool in tools]
        lines += ["  tools", *(f"    {row}" for row in columns(("", "", ""), rows).splitlines()[1:])]
    if preview.relay_warning:
        lines += ["", clean(preview.relay_warning, 600)]
    return "\n".join(lines)


def scopes_in_words(scopes: Sequence[str]) -> str:
    """`read, change things, stay signed in`; a scope of an app's own stays as it is."""
    return ", ".join(SCOPES.get(scope) or clean(scope) for scope in scopes)


def nothing_allowed_text(request: PendingRequest, *, deny: str) -> str:
    """What is left to do after a no; `deny` is the command that denies, as it is typed here."""
    return f"Nothing was allowed. The request still waits: `{deny} {request.number}` turns it away."


def approved_text(approved: Approved, *, consent_in_browser: bool) -> str:
    person = clean(approved.person)
    if approved.newcomer:
        return (
            f"{person} may enter from now on. What {clean(approved.client)} may do they decide on their page, which "
            f"continues by itself. To take it back: {command_prefix()} people block {person}"
        )
    who = f"{clean(approved.client)} acts for {'you' if person == 'me' else person}"
    if consent_in_browser:
        return f"{who} once they agree on the page, which continues by itself."
    return f"{who} now ({scopes_in_words(approved.scopes)}). The page continues by itself."


def request_line(request: PendingRequest) -> str:
    """One waiting request in one line, without anything that could stand for its code."""
    where = "this network" if request.same_network else f"ANOTHER NETWORK, {clean(request.network)}"
    client = f"{client_name(request)}, returns to {clean(request.redirect_host)}"
    if request.kind == "new-person":
        client = f"somebody who signed in and is not invited, through {client}"
    return f"{request.number}: {client}, {clean(request.browser)}, {where}"


async def _ask_who(preview: ApprovalPreview, ask: Ask, say: Say) -> str | None:
    """Who this is: a number from the list, or a new name. "me" comes first until the owner exists. None: stop."""
    known = [("me", "me, the owner of this computer")] if not preview.owner_exists else []
    known += [(person_id, clean(label)) for person_id, label in preview.people]
    say("\nWho is this?")
    for number, (_, label) in enumerate(known, 1):
        say(f"  {number}  {label}")
    say("  or type the name of somebody new")
    while answer := (await ask("Who: ") or "").strip():
        if _is_for_another_question(answer):
            say("Answer this question first, or leave it empty to stop.")
        elif not answer.isdecimal():
            return answer
        elif 1 <= int(answer) <= len(known):
            return known[int(answer) - 1][0]
        else:
            numbers = "1" if len(known) == 1 else f"a number from 1 to {len(known)}"
            say(f"Type {numbers}, or a name." if known else "Type a name.")
    return None


async def _ask_yes(preview: ApprovalPreview, who: str, ask: Ask, say: Say) -> bool:
    """The last question. An empty answer is No where somebody new or another network would get in."""
    name, new = _called(preview, who)
    question = f"llow {client_name(preview.request)} as {name}?"
    if preview.newcomer:
        question = f"llow {clean(preview.newcomer)} to enter, now and later?"
    same = preview.request.same_network
    if same:
        question = f"A{question}"
    elif preview.newcomer:
        question = f"They are on ANOTHER network. Do you know this person, and do you a{question}"
    else:
        question = f"This browser is on ANOTHER network. Is it yours, and do you a{question}"
    by_default = same and not new
    while (answer := await ask(f"{question} [{'Y/n' if by_default else 'y/N'}] ")) is not None:
        word = answer.strip().lower()
        if word in ("y", "yes"):
            return True
        if word in ("n", "no") or not _is_for_another_question(word):
            return by_default and not word
        say("Answer this question first, with y or n.")
    return False


def _called(preview: ApprovalPreview, who: str) -> tuple[str, bool]:
    """How the last question calls `who`, and whether that is somebody new (`people.owner` decides alike)."""
    if preview.newcomer:
        return clean(preview.newcomer), True
    name = _folded(who)
    for person_id, label in preview.people:
        if who.strip() == person_id or name == _folded(label):
            return clean(label), False
    if name == "me":
        return "me, the owner of this computer", False
    return f"somebody new called '{clean(who)}'", True


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", clean(name)).casefold()


def _is_for_another_question(answer: str) -> bool:
    return code_digits(answer) is not None or NOT_AN_ANSWER.fullmatch(answer.lower()) is not None
