"""The verifiers that docs/backend.md shows, run as they stand there: one under Node, one in this process."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from homeport.engine.protocol import BackendKeyInfo
from tests.backend.reference import reachable
from tests.judges.node import PACKAGES, node_program
from tests.test_docs import blocks

PAGE = "docs/backend.md"

Verifier = Callable[[Path, BackendKeyInfo, int], AbstractAsyncContextManager[None]]
"""Runs at a port for as long as the block is entered, with what `homeport backend key` printed."""


def code_of(language: str, file: str) -> str:
    """The block of the page that is this file."""
    (found,) = [block for block in blocks(PAGE, language) if block.startswith((f"// {file}\n", f"# {file}\n"))]
    return found


def replaced(code: str, line: str, by: str) -> str:
    assert code.count(line) == 1, line
    return code.replace(line, by)


def environment_for(key: BackendKeyInfo) -> dict[str, str]:
    return {
        "ASSERTION_KEYS_URL": key.jwks_url,
        "ASSERTION_ISSUER": key.issuer_claim,
        "ASSERTION_AUDIENCE": key.audience,
        "ASSERTION_KEY": key.pem,
    }


@asynccontextmanager
async def express(folder: Path, key: BackendKeyInfo, port: int, *, pem: bool = False) -> AsyncIterator[None]:
    code = code_of("js", "server.mjs")
    if pem:
        code = replaced(code, *express_lines_for_pem())
        code = replaced(code, "import { createRemoteJWKSet, jwtVerify }", "import { importSPKI, jwtVerify }")
    (folder / "server.mjs").write_text(code, encoding="utf-8")
    (folder / "node_modules").symlink_to(PACKAGES)
    program = node_program(folder / "server.mjs", folder=folder, PORT=str(port), **environment_for(key))
    async with program as server:
        await server.says(f"listening on port {port}")
        yield


@asynccontextmanager
async def fastapi(folder: Path, key: BackendKeyInfo, port: int, *, pem: bool = False) -> AsyncIterator[None]:
    code = code_of("python", "main.py")
    if pem:
        code = replaced(code, "keys.get_signing_key_from_jwt(token).key,", 'os.environ["ASSERTION_KEY"],')
        code = replaced(code, 'keys = jwt.PyJWKClient(os.environ["ASSERTION_KEYS_URL"])\n', "")
    (folder / "main.py").write_text(code, encoding="utf-8")
    with environment(environment_for(key)):
        async with reachable(module(folder / "main.py").app, port=port):
            yield


@asynccontextmanager
async def express_with_pem(folder: Path, key: BackendKeyInfo, port: int) -> AsyncIterator[None]:
    async with express(folder, key, port, pem=True):
        yield


@asynccontextmanager
async def fastapi_with_pem(folder: Path, key: BackendKeyInfo, port: int) -> AsyncIterator[None]:
    async with fastapi(folder, key, port, pem=True):
        yield


VERIFIERS: tuple[Verifier, ...] = (express, express_with_pem, fastapi, fastapi_with_pem)


def express_lines_for_pem() -> tuple[str, str]:
    by = 'const keys = await importSPKI(process.env.ASSERTION_KEY, "ES256");'
    return "const keys = createRemoteJWKSet(new URL(process.env.ASSERTION_KEYS_URL));", by


def module(file: Path) -> Any:
    """A file as a module that nobody else sees."""
    spec = importlib.util.spec_from_file_location("backend_of_the_page", file)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
