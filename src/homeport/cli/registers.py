"""Commands about what has access: clients with their redirect hosts, and grants."""

from __future__ import annotations

import click

from homeport.cli.groups import Group
from homeport.cli.remote import connect, data_dir_option, json_option, wait_for
from homeport.cli.words import as_json as to_json
from homeport.cli.words import columns, moment
from homeport.engine.protocol import ClientSummary, GrantSummary, WaitingHost
from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
@json_option
@data_dir_option
def clients(ctx: click.Context, as_json: bool, data_dir: str | None) -> None:
    """List clients and the redirect hosts that wait; or allow such a host, or withdraw that."""
    if ctx.invoked_subcommand is None:
        _list_clients(as_json, data_dir)
    ctx.obj = data_dir


@clients.command("list")
@click.pass_obj
@json_option
@data_dir_option
def clients_list(outer: str | None, as_json: bool, data_dir: str | None) -> None:
    """List clients and redirect hosts."""
    _list_clients(as_json, data_dir or outer)


@clients.command("allow")
@click.argument("host")
@click.pass_obj
@data_dir_option
def clients_allow(outer: str | None, host: str, data_dir: str | None) -> None:
    """Let clients redirect to HOST after sign-in. Whoever runs HOST gets the codes of those who sign in there."""
    wait_for(connect(data_dir or outer).allow_host(host.strip().lower()))
    click.echo(f"Clients may redirect to {clean(host, 255)} now. Start the sign-in there again.")


@clients.command("withdraw")
@click.argument("host")
@click.pass_obj
@data_dir_option
def clients_withdraw(outer: str | None, host: str, data_dir: str | None) -> None:
    """Take back that clients may redirect to HOST. Grants that exist stay: see `homeport grants`."""
    host = host.strip().lower()
    wait_for(connect(data_dir or outer).withdraw_host(host))
    click.echo(f"Clients may no longer redirect to {clean(host, 255)}: a new sign-in there waits for your allow again.")
    click.echo(
        as_typed(
            "Who signed in there before keeps access. `homeport grants` lists it, `homeport grants revoke` ends it."
        )
    )


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
@json_option
@data_dir_option
def grants(ctx: click.Context, as_json: bool, data_dir: str | None) -> None:
    """List who has access; or revoke a grant."""
    if ctx.invoked_subcommand is None:
        _list_grants(as_json, data_dir)
    ctx.obj = data_dir


@grants.command("list")
@click.pass_obj
@json_option
@data_dir_option
def grants_list(outer: str | None, as_json: bool, data_dir: str | None) -> None:
    """List who has access."""
    _list_grants(as_json, data_dir or outer)


@grants.command("revoke")
@click.argument("grant_id", metavar="ID")
@click.pass_obj
@data_dir_option
def grants_revoke(outer: str | None, grant_id: str, data_dir: str | None) -> None:
    """End grant ID: its next request is refused."""
    wait_for(connect(data_dir or outer).revoke_grant(grant_id))
    click.echo(f"Grant {clean(grant_id)} is revoked.")


def _list_clients(as_json: bool, data_dir: str | None) -> None:
    engine = connect(data_dir)
    known, hosts = wait_for(engine.clients()), wait_for(engine.hosts())
    if as_json:
        click.echo(to_json({"clients": known, "hosts": hosts}))
        return
    if known:
        click.echo(
            columns(("CLIENT", "PROOF", "REDIRECTS TO", "LAST USED", "GRANTS", "ID"), [_client(c) for c in known])
        )
    else:
        click.echo("No client has come yet.")
    for client in known:
        if client.tool_list_outdated:
            click.echo(f"! {clean(client.name)} works with an old list of tools: press Refresh in its settings.")
    if allowed := [clean(host.host, 255) for host in hosts if host.allowed_at]:
        click.echo(f"You allowed redirects to: {', '.join(allowed)}")
    for host in hosts:
        if not host.allowed_at:
            click.echo(as_typed(_host(host)))


def _list_grants(as_json: bool, data_dir: str | None) -> None:
    known = wait_for(connect(data_dir).grants())
    if as_json:
        click.echo(to_json(known))
    elif known:
        headers = ("CLIENT", "PERSON", "MAY", "AT", "LAST USED", "STATE", "ID")
        click.echo(columns(headers, [_grant(grant) for grant in known]))
    else:
        click.echo("Nobody has access.")


def _client(client: ClientSummary) -> tuple[str, ...]:
    proof = clean(client.verified_host) or "unverified name"
    hosts = ", ".join(clean(host) for host in client.redirect_hosts)
    used = moment(client.used_at) or "never"
    return (clean(client.name), proof, hosts, used, str(client.live_grants), client.client_id)


def _host(host: WaitingHost) -> str:
    name = clean(host.host, 255)
    return (
        f"{clean(host.client)} wants to redirect to {name}. Allow it only if you know it: homeport clients allow {name}"
    )


def _grant(grant: GrantSummary) -> tuple[str, ...]:
    scopes = " ".join(grant.scopes)
    used = moment(grant.last_used_at) or "never"
    return (clean(grant.client), clean(grant.person), scopes, grant.resource, used, grant.state, grant.grant_id)
