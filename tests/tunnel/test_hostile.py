"""Programs and servers that lie, flood and repeat secrets: Homeport neither shows that nor suffers from it."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

import pytest

from homeport.errors import SettingsError
from homeport.tunnel import TunnelFault
from homeport.tunnel.child import LONGEST_LINE, Child
from homeport.tunnel.cloudflared import CloudflaredTunnel
from homeport.tunnel.download import download_ngrok
from homeport.tunnel.programs import on_path, version_of
from tests.doctor.front import Front, Reply, redirect
from tests.doctor.internet import Internet
from tests.judges.tls import Authority
from tests.tunnel.agents import LOCAL, TOKEN, FakeProgram, ngrok_with
from tests.tunnel.test_programs import Server, tgz, whole

HOST = "bin.test"
OWN = "https://careful-heron-42.ngrok-free.dev"
WORDS = f"Nobody knows this. Your authtoken: {TOKEN} ERR_NGROK_9999"


@pytest.fixture
def program(tmp_path: Path) -> FakeProgram:
    return FakeProgram(tmp_path / "bin")


def script(folder: Path, name: str, python: str, *, version: str = "") -> Path:
    """A program that says its version and otherwise runs this."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    says = f"print({version!r}) or sys.exit() if sys.argv[1:] == ['--version'] else 0"
    file.write_text(f"#!{sys.executable} -IS\nimport sys, time\n{says if version else ''}\n{python}\n")
    file.chmod(0o755)
    return file


async def cause_of(tunnel: object) -> str:
    with pytest.raises(TunnelFault) as caught:
        await tunnel.start(LOCAL)  # type: ignore[attr-defined]
    return f"{caught.value.message} {caught.value.hint}"


async def test_a_token_that_the_program_repeats_is_not_shown(program: FakeProgram, tmp_path: Path) -> None:
    program.steer(endpoint_fault={OWN: WORDS})
    by_the_api = await cause_of(ngrok_with(program))
    says = f"""print('lvl=eror msg="failed to auth" err="{WORDS}"', flush=True); sys.exit(1)"""
    script(program.folder, "ngrok", says, version="ngrok version 3.1.0")
    by_the_log = await cause_of(ngrok_with(program))
    folder = tmp_path / "cloud"
    script(folder, "cloudflared", f"print('ERR {WORDS}', flush=True)", version="cloudflared version 2026.1.0")
    cloudflared = CloudflaredTunnel(
        tmp_path / "data", environ={"PATH": str(folder)}, token=lambda: TOKEN, public_url="https://a.example.com"
    )
    for shown in (by_the_api, by_the_log, await cause_of(cloudflared)):
        assert "Nobody knows this" in shown
        assert TOKEN not in shown


@pytest.mark.parametrize("name", ["127.0.0.1:3003", "localhost", "[::1]", "a.localhost", "10.0.0.1", "u@evil.example"])
async def test_a_public_url_that_is_none_is_refused(name: str, program: FakeProgram) -> None:
    program.steer(domain=name)
    with pytest.raises((TunnelFault, SettingsError)):
        await ngrok_with(program).start(LOCAL)
    assert program.running() == []


async def test_the_programs_api_is_asked_directly_and_on_this_computer_only(
    program: FakeProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Server(whole(b"{}")).open() as server:
        monkeypatch.setenv("http_proxy", server.url)
        tunnel = ngrok_with(program)
        assert (await tunnel.start(LOCAL)).public_url == OWN
        assert await tunnel.alive()
        await tunnel.stop()
        elsewhere = server.url.split("/")[2].replace("127.0.0.1", "localhost")
        says = f"""
for line in ('__class__=x', '__dict__=1', 'lvl="', 'msg="starting web service" addr={elsewhere}',
             'msg="starting web service" addr=evil.example:80', 'msg="client session established"',
             'msg="tunnel session started"', 'lvl=eror err="that was all"'):
    print(line, flush=True)
sys.exit(1)"""
        script(program.folder, "ngrok", says, version="ngrok version 3.1.0")
        assert "that was all" in await cause_of(ngrok_with(program))
        assert server.asked == 0


async def test_a_program_that_floods_its_log_slows_itself_down_and_not_homeport(tmp_path: Path) -> None:
    over, heard = asyncio.Event(), 0

    def hear(line: str) -> None:
        nonlocal heard
        heard += 1
        # As many as wait are heard in one turn of the loop: others must get theirs in between.
        turns.append(turn)

    turn, turns = 0, list[int]()
    child = Child(tmp_path / "data", on_line=hear, on_end=lambda code: over.set())
    await child.start([str(script(tmp_path, "floods", "print('x\\n' * 50_000, flush=True)"))], {})
    while not over.is_set():
        await asyncio.sleep(0)
        turn += 1
    assert heard == 50_001
    assert max(turns.count(each) for each in set(turns)) <= 200


async def test_of_a_line_without_end_only_its_beginning_is_heard(tmp_path: Path) -> None:
    lines: asyncio.Queue[str] = asyncio.Queue()
    over = asyncio.Event()
    child = Child(tmp_path / "data", on_line=lines.put_nowait, on_end=lambda code: over.set())
    await child.start([str(script(tmp_path, "long", "print('a' * 1_000_000); print('b')"))], {})
    await asyncio.wait_for(over.wait(), 20)
    assert [lines.get_nowait() for _ in range(lines.qsize())] == ["a" * LONGEST_LINE, "b"]


async def test_a_program_that_others_could_have_put_there_gets_no_token(
    program: FakeProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, folder_mode, mode in (("open", 0o777, 0o755), ("shared", 0o1777, 0o755), ("changed", 0o755, 0o757)):
        file = script(tmp_path / folder, "ngrok", "")
        file.chmod(mode)
        file.parent.chmod(folder_mode)
        assert on_path("ngrok", {"PATH": str(tmp_path / folder)}) is None
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "ngrok").symlink_to(tmp_path / "open" / "ngrok")
    script(tmp_path / "here", "ngrok", "")
    monkeypatch.chdir(tmp_path / "here")
    path = f":.:../here:{linked}:{tmp_path / 'open'}:{program.folder}"
    found = on_path("ngrok", {"PATH": path})
    assert found is not None
    assert found.path == program.path
    assert on_path("ngrok", {}) is None


@pytest.mark.parametrize("says", ["print('ngrok version')", "while True: print('ngrok version ' * 10_000)"])
async def test_a_program_that_says_no_version_or_never_stops_is_not_used(says: str, tmp_path: Path) -> None:
    with pytest.raises(TunnelFault):
        await version_of(script(tmp_path, "ngrok", says), {}, title="ngrok")


async def test_a_broken_archive_is_fetched_again(tmp_path: Path) -> None:
    archive = tgz("ngrok", random.Random(1).randbytes(20_000))
    broken = bytearray(archive)
    broken[8_000:8_100] = bytes(100)
    async with Server(whole(bytes(broken)), whole(archive)).open() as server:
        await server.fetch(tmp_path / "ngrok")
        assert server.asked == 2


async def test_a_download_that_is_led_over_plain_http_is_refused(tmp_path: Path) -> None:
    authority, front = Authority(tmp_path), Front(None)
    internet = Internet(authority)
    led = f"HTTP/1.1 302 Found\r\nLocation: https://{HOST}/end.tgz\r\nContent-Length: 0\r\n\r\n".encode()

    async def lead_back(writer: asyncio.StreamWriter) -> None:
        writer.write(led)

    async with Server(lead_back).open() as plain, authority.place(HOST, front.answer) as place:
        internet.has(place)
        end = Reply(200, {"content-type": "application/gzip"}, tgz("ngrok", b"program"))
        front.back = lambda asked, reply: end if asked.path == "/end.tgz" else redirect(plain.url)
        with pytest.raises(TunnelFault, match="leads away from https"):
            await download_ngrok(tmp_path / "ngrok", print, internet, url=f"https://{HOST}/ngrok.tgz", pause=0.01)
        assert not (tmp_path / "ngrok").exists()
        await download_ngrok(tmp_path / "ngrok", print, internet, url=f"https://{HOST}/end.tgz", pause=0.01)
