"""The API that tools call, and how it learns for whom."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from homeport.settings import values
from homeport.settings.about import About, Group


class Backend(Group):
    backend_url: Annotated[
        str,
        AfterValidator(values.backend_address),
        About(
            label="Backend URL",
            help="The API your tools call for the person who uses them.",
            expects="an http or https address without a name, password, query or fragment in it",
            applies="restart",
            example="https://api.example.com/v1",
        ),
    ] = ""
    backend_auth: Annotated[
        Literal["assertion", "privy", "none"],
        About(
            label="How the backend learns who calls",
            help="How the backend learns who the person is: assertion (a token of one minute, signed by Homeport), "
            "privy (the person's own Privy token), or none.",
            expects="assertion, privy or none",
            applies="restart",
            example="assertion",
        ),
    ] = "assertion"
    stay_signed_in: Annotated[
        bool,
        About(
            label="Keep people signed in to Privy",
            help="Keep Privy tokens alive here, encrypted, so that people need not sign in again each hour; only for "
            "backend_auth privy.",
            expects="true or false",
            applies="restart",
            example="true",
        ),
    ] = False
