"""The client speaks with the Engine's own methods: the same answers, the same errors, as if it were the Engine."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from homeport.control.client import RemoteEngine
from homeport.engine.protocol import EngineMethods, Invited, Removal, SecretSummary
from homeport.errors import (
    CallChanged,
    EmailError,
    HomeportError,
    NoSuchCall,
    NoSuchRequest,
    NotFoundError,
    NotRunning,
    OtherNetwork,
    SettingsError,
    SeveralPeople,
    TunnelError,
    WrongCode,
)
from tests.control.memory_engine import MemoryEngine
from tests.control.running import running_control


async def test_every_answer_is_the_engines_own_answer(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        here, there = control.engine, control.client
        await there.start()
        here.ask("111111")
        here.ask("222222", client="Claude")
        assert await there.status() == await here.status()
        assert await there.pending() == await here.pending()
        assert await there.preview_approval("111111") == await here.preview_approval("111111")
        approved = await there.approve("111111", who="me", read_only=True, consent_in_browser=True, other_network=False)
        assert approved.scopes == ["read"]
        assert here.approvals == [("me", True, True)]
        assert (await there.preview_approval("222222")).people == [("person-1", "Owner")]
        assert await there.deny(None) == 1
        await there.allow_host("client.example")
        await there.revoke_grant("grant-1")
        for name in ("clients", "hosts", "people", "grants"):
            assert await getattr(there, name)() == await getattr(here, name)()
        await there.withdraw_host("client.example")
        assert here.redirect_hosts == {}
        await there.stop()
        assert here.state == "stopped"


async def test_what_is_decided_about_people_is_decided_there(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        here, there = control.engine, control.client
        here.comes("Alice", "alice@example.com")
        assert await there.invite("Alice@example.com") == Invited("alice@example.com", "")
        assert await there.invitations() == await here.invitations()
        assert await there.people() == await here.people()
        assert (await there.block_person("Alice")).blocked
        assert (await there.people())[0].blocked
        assert not (await there.unblock_person("alice@example.com")).blocked
        assert await there.preview_removal("Alice") == await here.preview_removal("Alice")
        removed = await there.remove_person("Alice")
        assert removed == Removal("did:privy:1", "Alice", "alice@example.com", "privy", 0, ["alice@example.com"])
        assert (here.persons, here.invited) == ([], {})
        here.comes("Bob")
        here.comes("Bob")
        with pytest.raises(SeveralPeople):
            await there.block_person("Bob")
        with pytest.raises(EmailError):
            await there.invite("no address")


async def test_secrets_go_there_and_only_their_names_come_back(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        here, there = control.engine, control.client
        await there.set_secret("privy", "line one\nline two")
        assert here.kept_secrets == {"privy": "line one\nline two"}
        assert await there.secrets() == [SecretSummary("privy", "the Privy app secret", "a 0600 file", True)]
        assert "line one" not in str(await there.secrets())
        await there.delete_secret("privy")
        assert here.kept_secrets == {}
        with pytest.raises(NotFoundError):
            await there.delete_secret("privy")
        with pytest.raises(HomeportError) as caught:
            await there.set_secret("privy", "\ud800" + "s3cret" * 5_000)
        assert "s3cret" not in str(caught.value)


async def test_privy_and_the_backends_key_are_asked_for_there(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        here, there = control.engine, control.client
        for secret in ("right", "wrong"):
            assert await there.check_privy("app", secret) == await here.check_privy("app", secret)
        assert await there.backend_key() == await here.backend_key()


async def test_calls_rules_and_settings_are_decided_there(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        here, there = control.engine, control.client
        asked = here.call_waits('{\n  "title": "\\u202e"\n}')
        assert await there.calls() == [asked]
        with pytest.raises(CallChanged):
            await there.allow_call(asked.number, "0" * 64)
        await there.allow_call(asked.number, asked.digest)
        await there.deny_call(here.call_waits().number)
        assert here.decided == {1: "allowed", 2: "denied"}
        with pytest.raises(NoSuchCall):
            await there.deny_call(1)
        await there.set_rule("remove-item", "block")
        assert (await there.tools())[0].rule == "block"
        assert await there.tools() == await here.tools()
        assert (await there.change_setting("port", "4000")).applies == "listener"
        with pytest.raises(SettingsError):
            await there.change_setting("port", '"no number"')
        assert await there.settings() == await here.settings()
        await there.pause()
        assert (await there.status()).paused
        await there.resume()
        assert not (await there.status()).paused


async def test_what_dashboard_and_tray_live_on_is_the_engines_own_answer(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        here, there = control.engine, control.client
        assert await there.activity(2, "3", "") == await here.activity(2, "3", "")
        assert await there.logs(5) == await here.logs(5)
        assert await there.doctor("https://x.example/mcp") == await here.doctor("https://x.example/mcp")
        with pytest.raises(TunnelError) as refused:
            await there.set_tunnel_token("wrong")
        assert refused.value.hint == "Copy it again from its dashboard."
        assert await there.set_tunnel_token("right") == await there.restart_tunnel()
        assert here.token == "right"
        assert (await there.adopt_tunnel_token()).state == "up"
        assert await there.tunnel_check() == await here.tunnel_check()
        assert await there.folder_listing("") == await here.folder_listing("")
        assert await there.checklist() == await here.checklist()


async def test_an_error_arrives_in_its_own_class_with_its_words(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        control.engine.ask("333333", same_network=False)
        with pytest.raises(WrongCode, match="No waiting request shows this code"):
            await control.client.preview_approval("000000")
        with pytest.raises(NoSuchRequest):
            await control.client.deny(9)
        with pytest.raises(NotFoundError):
            await control.client.allow_host("elsewhere.example")
        with pytest.raises(OtherNetwork) as caught:
            await control.client.approve(
                "333333", who="me", read_only=False, consent_in_browser=False, other_network=False
            )
        assert caught.value.hint == "Add --other-network."


async def test_an_error_we_have_no_class_for_is_still_readable(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        stranger = RemoteEngine(replace(control.running, token="wrong"))
        with pytest.raises(HomeportError, match="needs the token"):
            await stranger.status()


async def test_a_homeport_that_is_gone_is_not_running(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        client = control.client
    with pytest.raises(NotRunning, match="does not answer"):
        await client.status()


def test_client_and_engine_have_the_same_methods() -> None:
    for name, method in vars(EngineMethods).items():
        if not name.startswith("_"):
            assert inspect.signature(method) == inspect.signature(getattr(RemoteEngine, name)), name
            assert inspect.signature(method) == inspect.signature(getattr(MemoryEngine, name)), name
