"""The right hop, and the right cause, is named for each of many faults: real servers, wrong at exactly one point."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from homeport.auth.tokens import Tokens
from homeport.clock import system_clock, system_randomness
from homeport.doctor.visit import visit
from homeport.engine.engine import Engine
from homeport.engine.protocol import DoctorReport
from homeport.engine.self_check import to_lines
from homeport.engine.self_check_access import SelfCheckAccess
from tests.doctor import faults
from tests.doctor.front import Front
from tests.doctor.internet import Internet
from tests.doctor.servers import FAST, HOME, SDK, Signer, homeport, others, sdk_app, serving
from tests.judges.tls import Authority


def said(report: DoctorReport) -> str:
    first = next((hop for hop in report.hops if hop.name == report.first_failed), None)
    return f"{first.name}: {first.detail} Fix: {first.fix}" if first else "nothing"


async def test_the_right_hop_is_named_for_each_fault_of_a_homeport(tmp_path: Path) -> None:
    authority, front = Authority(tmp_path), Front(None)
    internet = Internet(authority)
    wrong: dict[str, str] = {}
    async with authority.place(HOME, front.answer) as place:
        internet.has(place)
        async with homeport(tmp_path, internet, front) as engine:
            assert said(await engine.doctor("")) == "nothing"
            for fault in faults.ALL:
                front.heal()
                front.back = fault.back
                answer = said(await ask(engine, internet))
                if not answer.startswith(f"{fault.hop}: ") or fault.words not in answer or not answer.split("Fix: ")[1]:
                    wrong[fault.what] = answer
                if len(front.seen) > 11:
                    wrong[f"{fault.what}, requests"] = str(len(front.seen))
            assert wrong == {}
            assert await engine.grants() == []


async def test_it_is_said_why_a_homeport_refuses_a_token(tmp_path: Path) -> None:
    authority, front = Authority(tmp_path), Front(None)
    internet = Internet(authority)
    async with authority.place(HOME, front.answer) as place:
        internet.has(place)
        async with homeport(tmp_path, internet, front) as engine:
            for token, words in (
                (minted(engine, not_after=1_000), "The access token has expired."),
                (minted(engine, resource="https://other.test/mcp"), "The access token is for https://other.test/mcp,"),
                (minted(engine), "was revoked"),
                (minted(engine) + "x", "one pair"),
            ):
                answer = await ask_with_token(internet, f"https://{HOME}/mcp", token)
                assert answer.startswith("tools-2025: ")
                assert words in answer


async def test_it_is_said_why_fastmcp_refuses_a_token(tmp_path: Path) -> None:
    async with others(tmp_path) as (internet, signer):
        for token, words in (
            (signer.token(exp=1_000), "The access token has expired."),
            (signer.token(aud="https://old.test/mcp"), "The access token is for https://old.test/mcp,"),
            (Signer().token(), "one pair"),
        ):
            answer = await ask_with_token(internet, f"https://{FAST}/mcp", token)
            assert answer.startswith("tools-2025: ")
            assert words in answer


async def test_faults_of_other_servers_are_named(tmp_path: Path) -> None:
    authority, front = Authority(tmp_path), Front(None)
    internet = Internet(authority)
    async with (
        serving(sdk_app(signs_in=False, name="127.0.0.1:*")) as port,
        authority.place(SDK, front.answer) as place,
    ):
        internet.has(place)
        front.port = port
        report, _ = await visit(f"https://{SDK}/mcp", internet)
        assert "does not know itself by the name sdk.test (HTTP 421)" in said(to_lines(report))
        front.port = None
        report, _ = await visit(f"https://{SDK}/mcp", internet)
        assert said(to_lines(report)).startswith("reach: A web page titled '502 Bad Gateway'")


async def test_names_certificates_and_closed_ports(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path)
    internet = Internet(authority)
    front = Front(None)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    async with (
        authority.place("other.test", front.answer) as other,
        authority.place("expired.test", front.answer, ends=long_ago) as expired,
        stranger.place("stranger.test", front.answer) as untrusted,
        plain_http() as plain,
    ):
        internet.has(other, expired, untrusted)
        closed = socket.create_server(("127.0.0.1", 0))
        internet.ports |= {"wrong.test": other.port, "plain.test": plain, "closed.test": closed.getsockname()[1]}
        internet.ports["inside.test"] = other.port
        internet.addresses["inside.test"] = "192.168.1.7"
        closed.close()
        expected = {
            "https://nowhere.test/mcp": "dns: nowhere.test has no address: Name or service not known.",
            "https://10.1.2.3/mcp": "dns: 10.1.2.3 is a private address",
            "https://wrong.test/mcp": "tls: The certificate is for other names than wrong.test. It is for other.test",
            "https://expired.test/mcp": "tls: The certificate expired 2",
            "https://stranger.test/mcp": "tls: The certificate is not trusted: ",
            "https://plain.test/mcp": "tls: What listens at plain.test:443 does not speak TLS.",
            "https://closed.test/mcp": "tls: No connection to closed.test, port 443: nothing listens there.",
            "http://other.test/mcp": "tls: The address begins with http://.",
            f"localhost:{internet.ports['closed.test']}": "reach: Nothing listens on port",
            "ftp://home.test/mcp": "address: 'ftp://home.test/mcp' is no address",
        }
        for address, words in expected.items():
            report, asked = await visit(address, internet)
            assert said(to_lines(report)).startswith(words), said(to_lines(report))
            assert asked.requests <= 1
        split, _ = await visit("https://inside.test/mcp", internet)
        assert [hop.name for hop in split.troubles if hop.state == "warning"] == ["dns"]


@asynccontextmanager
async def plain_http() -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def ask_with_token(internet: Internet, url: str, token: str) -> str:
    async def given(resource: str) -> str:
        return token

    report, _ = await visit(url, internet, tokens=given)
    return said(to_lines(report))


async def ask(engine: Engine, internet: Internet) -> DoctorReport:
    """As the engine asks itself, but without looking at this computer each time."""
    assert engine.origins.public is not None
    access = SelfCheckAccess(engine.rooms, engine.origins.public, clock=system_clock, random=system_randomness)
    try:
        report, _ = await visit(f"https://{HOME}/mcp", internet, tokens=access.token)
    finally:
        await access.close()
    return to_lines(report)


def minted(engine: Engine, *, resource: str = f"https://{HOME}/mcp", not_after: int = 2**33) -> str:
    """A token signed with the engine's own keys, of a grant that there is not."""
    tokens = Tokens(engine.rooms.signing, lifetime_seconds=60, clock=system_clock, random=system_randomness)
    token, _ = tokens.access_token(
        issuer=f"https://{HOME}",
        resource=resource,
        person_id="p",
        client_id="c",
        scope="read",
        grant_id="g",
        not_after=not_after,
    )
    return token
