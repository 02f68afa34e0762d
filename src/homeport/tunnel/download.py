"""Fetches ngrok's program into the data folder: with progress, with retries, never half of it.

ngrok publishes no checksums. It comes over https from ngrok's own host, its size is compared with what was announced,
and it is run for its version before it is used.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from homeport.network import Network
from homeport.tunnel.base import Again, TunnelFault

TRIES = 4
FIRST_PAUSE = 1.0
SILENCE_SECONDS = 20.0
"""Between two parts; a slow line is no reason to give up."""
LARGEST = 200_000_000
STEP = 10
"""Percent between two words about the progress."""

_PAGE = "https://ngrok.com/download"


class _Partly(Exception):
    """The rest of it did not come."""


async def download_ngrok(
    to: Path, tell: Callable[[str], None], network: Network, *, url: str = "", pause: float = FIRST_PAUSE
) -> None:
    """Put ngrok's program at `to`. `tell` hears how far it is. Raises TunnelFault."""
    from pyngrok.exception import PyngrokError
    from pyngrok.installer import get_ngrok_cdn_url

    try:
        address = url or get_ngrok_cdn_url("3")
    except PyngrokError as error:
        raise TunnelFault(
            "ngrok offers no program for this kind of computer.",
            action="Use another tunnel: --tunnel cloudflared, ssh, or --public-url.",
            again=Again.NEVER,
        ) from error
    archive = to.with_name("download" + ("".join(Path(address).suffixes[-1:]) or ".tgz"))
    why = ""
    for turn in range(TRIES):
        if turn:
            await asyncio.sleep(pause * 2 ** (turn - 1))
        try:
            await _fetch(address, archive, tell, network)
            await asyncio.to_thread(_unpack, archive, to)
            return
        except OSError as error:
            if error.errno == 28:
                raise TunnelFault(
                    "There is no room on the disk for ngrok's program.",
                    action=f"Make room where {to.parent} is, then start the tunnel again.",
                    again=Again.NEVER,
                ) from error
            why = error.strerror or type(error).__name__
        except (_Partly, tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            why = str(error) or "what came is no archive"
        finally:
            archive.unlink(missing_ok=True)
    raise TunnelFault(
        f"ngrok's program could not be downloaded: {why}.",
        action=f"Look at this computer's internet connection, or install ngrok by hand from {_PAGE}. "
        "Homeport tries again by itself.",
        again=Again.NETWORK,
    )


async def _fetch(address: str, archive: Path, tell: Callable[[str], None], network: Network) -> None:
    import httpx2

    from homeport.outbound import http_client

    client = http_client(network, timeout=SILENCE_SECONDS)
    try:
        async with client.stream("GET", address, headers={"Accept": "*/*"}, follow_redirects=True) as answer:
            # Also in between: whoever sees a plain request there can send us anywhere.
            if any(each.url.scheme != httpx2.URL(address).scheme for each in (*answer.history, answer)):
                raise _Partly("its server leads away from https")
            if answer.status_code != 200:
                raise _Partly(f"its server answers {answer.status_code}")
            announced = int(answer.headers.get("content-length") or 0)
            if announced > LARGEST:
                raise _Partly("it is larger than it can be")
            have, said = 0, -STEP
            with archive.open("wb") as file:
                async for part in answer.aiter_raw():
                    have += len(part)
                    if have > (announced or LARGEST):
                        raise _Partly("more came than was announced")
                    await asyncio.to_thread(file.write, part)
                    percent = have * 100 // announced if announced else have * 100 // LARGEST
                    if percent >= said + STEP:
                        said = percent
                        tell(_words(have, announced))
            if announced and have < announced:
                raise _Partly("the connection broke in the middle of it")
    except httpx2.HTTPError as error:
        raise _Partly(f"no connection ({type(error).__name__})") from error
    finally:
        await client.aclose()


def _words(have: int, announced: int) -> str:
    megabytes = f"{have / 1e6:.1f}"
    if not announced:
        return f"Downloading ngrok: {megabytes} MB"
    return f"Downloading ngrok: {megabytes} of {announced / 1e6:.1f} MB ({have * 100 // announced} %)"


def _unpack(archive: Path, to: Path) -> None:
    """Only the program, whatever else the archive names; it appears under its name when all of it is there."""
    part = to.with_name(to.name + ".part")
    try:
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as zipped:
                member = next((m for m in zipped.infolist() if Path(m.filename).name == to.name), None)
                if member is None or member.file_size > LARGEST:
                    raise zipfile.BadZipFile(f"it holds no {to.name}")
                with zipped.open(member) as source:
                    part.write_bytes(source.read(LARGEST))
        else:
            with gzip.open(archive) as unpacked, tarfile.open(fileobj=unpacked) as tarred:
                for entry in tarred:
                    if entry.isfile() and Path(entry.name).name == to.name and entry.size <= LARGEST:
                        file = tarred.extractfile(entry)
                        assert file is not None
                        part.write_bytes(file.read())
                        break
                else:
                    raise tarfile.TarError(f"it holds no {to.name}")
                # The checksum of all stands at the end, and is compared when that is read.
                while unpacked.read(1_000_000):
                    if unpacked.tell() > 2 * LARGEST:
                        raise tarfile.TarError("it is larger than it can be")
        part.chmod(0o700)
        os.replace(part, to)
    finally:
        part.unlink(missing_ok=True)
