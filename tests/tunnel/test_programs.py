"""Finding ngrok's program and downloading it: from a server that breaks, stalls and lies, and what is no program."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from homeport.network import SystemNetwork
from homeport.tunnel import Again, Happening, TunnelFault
from homeport.tunnel.download import TRIES, download_ngrok
from homeport.tunnel.programs import on_path, version_of
from tests.tunnel.agents import LOCAL, FakeProgram, Listening, ngrok_with

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Gives one answer after the other, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked = 0
        self.url = ""

    @asynccontextmanager
    async def open(self, name: str = "ngrok.tgz") -> AsyncIterator[Server]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/{name}"
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        await (self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])(writer)
        writer.close()

    async def fetch(self, to: Path, tell: Callable[[str], None] = lambda words: None) -> None:
        await download_ngrok(to, tell, SystemNetwork(), url=self.url, pause=0.01)


def whole(body: bytes, *, announced: int | None = None) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        length = len(body) if announced is None else announced
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % length + body)
        await writer.drain()

    return answer


def status(line: str) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())

    return answer


def tgz(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for each, data in (("LICENSE", b"text"), (name, content)):
            entry = tarfile.TarInfo(each)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


@pytest.fixture
def program(tmp_path: Path) -> FakeProgram:
    return FakeProgram(tmp_path / "away")


async def test_it_is_downloaded_with_progress_and_then_runs(program: FakeProgram, tmp_path: Path) -> None:
    content = program.path.read_bytes() + b"\n#" + b"." * 400_000
    async with Server(whole(tgz("ngrok", content))).open() as server:
        heard = Listening()

        async def download(to: Path, tell: Callable[[str], None]) -> None:
            await server.fetch(to, tell)

        tunnel = ngrok_with(program, environ={"PATH": "/nowhere"}, download=download)
        tunnel.heard = heard
        assert (await tunnel.preflight()).program_source == "missing"
        info = await tunnel.start(LOCAL)
        assert info.public_url.startswith("https://")
        checked = await tunnel.preflight()
        assert (checked.program, checked.program_source) == (str(tunnel.own_program), "data folder")
        await tunnel.stop()
        await tunnel.start(LOCAL)
        await tunnel.stop()
        assert server.asked == 1
    words = [each.words for each in heard.heard if each.what is Happening.DOWNLOAD]
    assert words[-1].endswith("(100 %)")
    assert " MB" in words[0]
    assert len(words) <= 11
    assert sorted(p.name for p in tunnel.own_program.parent.iterdir() if "ngrok" in p.name) == ["ngrok"]


async def test_an_agent_on_the_path_comes_before_a_downloaded_one(program: FakeProgram) -> None:
    tunnel = ngrok_with(program)
    tunnel.own_program.parent.mkdir(mode=0o700)
    shutil.copy("/bin/false", tunnel.own_program)
    checked = await tunnel.preflight()
    assert (checked.program, checked.program_source, checked.problem) == (str(program.path), "path", "")


@pytest.mark.parametrize(
    "bad",
    [status("503 Busy"), whole(b"half", announced=400), whole(b"<html>sign in to this wifi</html>"), whole(b"")],
    ids=["an error", "a broken connection", "a page of another program", "nothing"],
)
async def test_what_goes_wrong_once_is_tried_again(bad: Answer, tmp_path: Path) -> None:
    async with Server(bad, whole(tgz("ngrok", b"program"))).open() as server:
        await server.fetch(tmp_path / "ngrok")
    assert (tmp_path / "ngrok").read_bytes() == b"program"
    assert (tmp_path / "ngrok").stat().st_mode & 0o777 == 0o700
    assert server.asked == 2


async def test_what_keeps_going_wrong_is_said_and_leaves_nothing_half(tmp_path: Path) -> None:
    async with Server(whole(b"half", announced=400)).open() as server:
        with pytest.raises(TunnelFault) as caught:
            await server.fetch(tmp_path / "ngrok")
    assert server.asked == TRIES
    assert "could not be downloaded" in caught.value.message
    assert "ngrok.com/download" in caught.value.hint
    assert caught.value.again is Again.NETWORK
    assert list(tmp_path.iterdir()) == []


async def test_an_archive_puts_nothing_anywhere_but_the_program(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    async with Server(whole(tgz("../../ngrok", b"program"))).open() as server:
        await server.fetch(folder / "ngrok")
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == ["data", "data/ngrok"]


async def test_windows_and_macos_get_a_zip(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("ngrok.exe", b"program")
    async with Server(whole(packed.getvalue())).open("ngrok.zip") as server:
        await server.fetch(tmp_path / "ngrok.exe")
    assert (tmp_path / "ngrok.exe").read_bytes() == b"program"


async def test_a_downloaded_program_that_is_gone_is_not_fetched_again_and_again(program: FakeProgram) -> None:
    fetched: list[Path] = []

    async def download(to: Path, tell: object) -> None:
        fetched.append(to)
        shutil.copy(program.path, to)

    tunnel = ngrok_with(program, environ={"PATH": "/nowhere"}, download=download)
    await tunnel.start(LOCAL)
    await tunnel.stop()
    tunnel.own_program.unlink()
    with pytest.raises(TunnelFault) as caught:
        await tunnel.start(LOCAL)
    assert "security program may have removed it" in caught.value.message
    assert (caught.value.again, len(fetched)) == (Again.NEVER, 1)
    await tunnel.start(LOCAL)  # somebody has changed something and wants it again
    assert len(fetched) == 2
    await tunnel.stop()


BROKEN = {
    "of another kind": (b"\x7fELF\x02\x01\x01 for another machine", 0o755, "no program for this kind of computer"),
    "not allowed to run": (b"#!/bin/sh\n", 0o644, "may not be run"),
    "another program": (b"#!/bin/sh\necho hello 1.0\n", 0o755, "is not ngrok"),
    "failing": (b"#!/bin/sh\nexit 3\n", 0o755, "does not run"),
    "too old": (b"#!/bin/sh\necho ngrok version 2.3.41\n", 0o755, "too old"),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_program_that_is_none_becomes_a_cause_and_an_action(kind: str, tmp_path: Path) -> None:
    content, mode, cause = BROKEN[kind]
    tunnel = ngrok_with(FakeProgram(tmp_path / "away"), environ={"PATH": "/nowhere", "HOME": str(tmp_path)})
    tunnel.own_program.parent.mkdir(mode=0o700)
    tunnel.own_program.write_bytes(content)
    tunnel.own_program.chmod(mode)
    with pytest.raises(TunnelFault) as caught:
        await tunnel.start(LOCAL)
    assert cause in caught.value.message
    assert caught.value.hint
    assert caught.value.again is Again.NEVER
    assert (await tunnel.preflight()).problem == caught.value.message


async def test_a_program_that_never_says_its_version_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeport.tunnel.programs.VERSION_SECONDS", 0.2)
    held = tmp_path / "ngrok"
    held.write_bytes(b"#!/bin/sh\nsleep 600\n")
    held.chmod(0o755)
    with pytest.raises(TunnelFault, match="does not say its version"):
        await version_of(held, {"PATH": "/bin:/usr/bin"}, title="ngrok")


def test_what_a_python_package_put_there_under_the_name_is_passed_over(tmp_path: Path) -> None:
    wrappers = {
        "beside": f"#!{sys.executable}\nimport sys\nfrom pyngrok.ngrok import main\nsys.exit(main())\n",
        "shims": '#!/usr/bin/env bash\nexec "/opt/pyenv/libexec/pyenv" exec "$program" "$@"\n',
    }
    for name, text in wrappers.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "ngrok").write_text(text)
        (tmp_path / name / "ngrok").chmod(0o755)
    real = FakeProgram(tmp_path / "bin")
    folders = [str(Path(sys.executable).parent), *(str(tmp_path / name) for name in wrappers)]
    assert on_path("ngrok", {"PATH": os.pathsep.join(folders)}) is None
    found = on_path("ngrok", {"PATH": os.pathsep.join([*folders, str(real.folder)])})
    assert found is not None
    assert found.path == real.path
