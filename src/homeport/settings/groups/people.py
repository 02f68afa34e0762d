"""Who may sign in, how, and for how long."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from homeport.settings import values
from homeport.settings.about import About, Group


class People(Group):
    sign_in: Annotated[
        Literal["auto", "owner", "privy"],
        About(
            label="How people sign in",
            help="How people sign in: owner (the person at this computer types the code the browser shows), privy "
            "(with an account of your Privy app), or auto (privy when privy_app_id is set).",
            expects="auto, owner or privy",
            applies="restart",
            example="owner",
        ),
    ] = "auto"
    people: Annotated[
        tuple[str, ...],
        BeforeValidator(values.people_from_text),
        AfterValidator(values.people),
        About(
            label="Who may sign in",
            help="Who may sign in with Privy: invite (whom you invite by e-mail, or let in when they ask), open "
            "(everyone your Privy app admits), or e-mail addresses, domains and Privy DIDs. Unset means invite on a "
            "desktop; `homeport serve` needs it said.",
            expects="invite, open, or a list of e-mail addresses, domains such as example.com and Privy DIDs",
            applies="now",
            example="alice@example.com,example.org",
            placeholder="WHO",
            one_text=True,
        ),
    ] = ()
    privy_app_id: Annotated[
        str,
        AfterValidator(values.identifier),
        About(
            label="Privy app id",
            help="Id of your app at Privy. Its secret is set with `homeport secrets set privy`.",
            expects="an app id as Privy's dashboard shows it: letters and digits",
            applies="restart",
            example="cm0example0000000000000id",
        ),
    ] = ""
    privy_client_id: Annotated[
        str,
        AfterValidator(values.identifier),
        About(
            label="Privy client id",
            help="Id of an app client at Privy, where this computer's address has one of its own; may stay empty.",
            expects="a client id as Privy's dashboard shows it: letters, digits and hyphens",
            applies="restart",
            example="client-WY5exampleclientid",
        ),
    ] = ""
    privy_create_wallet: Annotated[
        Literal["off", "users-without-wallets"],
        About(
            label="Wallets from Privy",
            help="Whether people who sign in with Privy and have no wallet get one.",
            expects="off or users-without-wallets",
            applies="restart",
            example="users-without-wallets",
        ),
    ] = "off"
    access_token_minutes: Annotated[
        int,
        Field(ge=0, le=1440),
        About(
            label="Minutes an access token lives",
            help="How long an access token lives; 0 means 12 hours on a desktop and 1 hour for `homeport serve`.",
            expects="a whole number from 0 to 1440",
            applies="now",
            example="60",
        ),
    ] = 0
