"""Commands about the backend: what it needs to know who calls."""

from __future__ import annotations

import click

from homeport.cli.groups import Group
from homeport.cli.remote import connect, data_dir_option, json_option, wait_for
from homeport.cli.words import as_json as to_json
from homeport.engine.protocol import BackendKeyInfo


@click.group(cls=Group)
def backend() -> None:
    """Show what your backend needs to verify who calls."""


@backend.command()
@json_option
@data_dir_option
def key(as_json: bool, data_dir: str | None) -> None:
    """Print the public key, its address, issuer and audience."""
    found = wait_for(connect(data_dir).backend_key())
    click.echo(to_json(found) if as_json else _text(found))


def _text(found: BackendKeyInfo) -> str:
    return "\n".join(
        (
            "Your backend accepts a call when its Authorization header holds a JWT with all of these:",
            "",
            "  typ (header)   homeport-backend+jwt",
            "  alg (header)   ES256",
            f"  iss            {found.issuer_claim}",
            f"  aud            {found.audience}",
            "  exp            not over; it lives 60 seconds",
            "",
            "Its keys change every 90 days. For the code in docs/backend.md (Express and FastAPI):",
            "",
            f"  ASSERTION_KEYS_URL={found.jwks_url}",
            f"  ASSERTION_ISSUER={found.issuer_claim}",
            f"  ASSERTION_AUDIENCE={found.audience}",
            "",
            "Where the backend cannot reach that address, today's key; take it anew after each change:",
            "",
            found.pem.strip(),
        )
    )
