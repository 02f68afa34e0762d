"""The owner's yes to one call of a tool: what is asked, and what a model is told of the answer.

A yes fits one grant, person, tool and exact arguments, told apart by a digest; the page that shows the arguments gives
it back. Nothing here decides: that is the call desk's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from homeport.approvals.call_desk import Answer, AskedCall
from homeport.apps.tools import ToolDefinition
from homeport.foreign_text import clean
from homeport.mcp_server.callers import Caller
from homeport.people.owner import label

LONGEST_ARGUMENTS = 64 * 1024
"""Characters of arguments that a person can be asked about."""

LONGEST_SHOWN = 4 * LONGEST_ARGUMENTS
"""The same with their indentation, which deep nesting multiplies."""

EXACT = 2**53
"""Up to here a JSON number without fraction is the same number with or without a decimal point (RFC 8785 3.2.2.3)."""

AskOwner = Callable[[AskedCall], Awaitable[Answer]]

Refusal = tuple[str, str]
"""A code for programs, and words for the model."""


class OwnerAsked:
    """Asks about calls. `ask` is the call desk's; `computer` is how the owner calls this computer."""

    def __init__(self, ask: AskOwner, *, computer: str) -> None:
        self._ask = ask
        self._computer = computer

    async def refusal(self, tool: ToolDefinition, arguments: Mapping[str, Any], caller: Caller) -> Refusal | None:
        """None when the owner has allowed this call. Raises InvalidArguments: nobody is asked about a call that
        would fail.
        """
        tool.arguments.validate(arguments)
        canonical = canonical_json(arguments)
        shown = shown_json(arguments) if len(canonical) <= LONGEST_ARGUMENTS else ""
        if not shown:
            return "too_long_to_ask", (
                "The owner of this Homeport is asked before this tool runs, and nobody can read arguments this long. "
                "Nothing was done. Call it with less at a time."
            )
        answer = await self._ask(
            AskedCall(
                grant_id=caller.grant_id,
                person_id=caller.person.id,
                person=label(caller.person),
                client_id=caller.client_id,
                client=clean(caller.client_name),
                tool=tool.name,
                title=clean(tool.title, 200),
                effect=tool.effect,
                arguments=shown,
                digest=call_digest(tool, canonical, caller),
            )
        )
        return self._words(answer)

    def _words(self, answer: Answer) -> Refusal | None:
        match answer:
            case Answer.GO:
                return None
            case Answer.UNANSWERED:
                return "owner_asked", (
                    f"The owner of this Homeport was asked on {self._computer} whether this call may run, and has not "
                    "answered yet. Nothing was done. Tell the person. Once the owner has allowed it there, call again "
                    "with exactly the same arguments."
                )
            case Answer.DENIED:
                return "owner_denied", (
                    f"The owner of this Homeport was asked on {self._computer} and does not allow this call. Nothing "
                    "was done. Do not call again unless the person asks for it."
                )
            case Answer.USED:
                return "owner_allowed_once", (
                    "The owner of this Homeport allowed this call once, and it has run already: its result went to "
                    "the other call like this one. To run it again, call again; the owner is then asked anew."
                )
            case Answer.WITHDRAWN:
                return "access_ended", "Access to this Homeport has ended. Nothing was done."
            case Answer.FULL:
                return "owner_busy", (
                    f"The owner of this Homeport has many calls to look at on {self._computer} already, so that they "
                    "were not asked about this one. Nothing was done. Call again later."
                )


def call_digest(tool: ToolDefinition, canonical: str, caller: Caller) -> str:
    """SHA-256 of who calls, through which grant, what, and with which arguments. What the tool says of itself is in it:
    one that was edited into another since the owner looked is another one.
    """
    said = [tool.name, tool.effect, tool.title, tool.description, tool.input_schema]
    call = [caller.grant_id, caller.client_id, caller.person.id, said, canonical]
    return hashlib.sha256(json.dumps(call, ensure_ascii=True).encode()).hexdigest()


def canonical_json(arguments: Mapping[str, Any]) -> str:
    """One text for all ways to write the same JSON, in the manner of RFC 8785: no spaces, keys in order, one form of
    each number. Only ever compared with its own kind, so that the order of keys is that of Python's text.
    """
    return json.dumps(_numbers(arguments), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def shown_json(arguments: Mapping[str, Any]) -> str:
    """All of the arguments for a person to read, over several lines; empty where they are too long. What hides or acts
    on a screen (control, bidi and zero-width characters) is written as JSON's own escape: nothing is left out.
    """
    pieces, length = [], 0
    for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(arguments):
        pieces.append(piece)
        length += len(piece)
        # Found out on the way: at a depth of 200 a short list has millions of spaces before its lines.
        if length > LONGEST_SHOWN:
            return ""
    shown = _ODD.sub(lambda found: _escaped(found[0]), "".join(pieces))
    return shown if len(shown) <= LONGEST_SHOWN else ""


_ODD = re.compile(r"[^\n\x20-\x7e]")


def _escaped(character: str) -> str:
    if clean(character) == character:
        return character
    # As JSON writes it: two halves above the basic plane (RFC 8259 7).
    return json.dumps(character, ensure_ascii=True)[1:-1] if ord(character) > 0x7F else f"\\u{ord(character):04x}"


def _numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return int(value)
    if isinstance(value, dict):
        return {key: _numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    return value
