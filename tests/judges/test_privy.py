"""Privy's own packages judge the emulated Privy: what they get from it is what they expect of the real one."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.judges.node import HERE, needs_judges, node_program
from tests.privy.apps import EmulatedApp, RefreshAnswer
from tests.privy.emulator import PrivyEmulator

pytestmark = needs_judges

PAGE = "https://home.example"

# What Privy's package lets pass that a careful verifier refuses: it neither looks at these claims nor at the key's id.
LET_PASS = {
    "issued tomorrow",
    "marked as Privy's own",
    "with linked accounts",
    "of no DID",
    "of an empty DID",
    "with no key id",
}


async def test_privys_own_packages_take_the_emulator_for_privy(tmp_path: Path) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[PAGE])) as privy:
        tokens = tmp_path / "tokens.json"
        somebody = privy.sign_in("somebody@example.com")
        tokens.write_text(json.dumps(privy.mint.bad_app_tokens(somebody.did)), encoding="utf-8")
        arguments = (PAGE, privy.app.app_id, privy.app.app_secret, str(tokens))
        environment = {**privy.connect_proxy(), "NODE_USE_ENV_PROXY": "1"}
        async with node_program(HERE / "privy_clients.mjs", *arguments, folder=tmp_path, **environment) as clients:

            async def give_code(address: str) -> None:
                await clients.says(f"^code for {re.escape(address)}", seconds=60)
                await clients.write(privy.code_for(address))

            await give_code("owner@example.com")
            answers: dict[str, RefreshAnswer] = {"is ignored": "ignore", "clears": "clear", "works": "set"}
            for question, answer in answers.items():
                await clients.says(f"^refresh {question}", seconds=60)
                privy.app.refresh = answer
                await clients.write("so be it")
            await give_code("+14155550123")
            await give_code("stranger@example.com")
            assert await clients.ends(seconds=60) == 0, clients.output
        taken = await clients.says(r"^taken (.*)$")
    assert set(json.loads(taken[1])) == LET_PASS
    assert {(seen.status, seen.request.endpoint) for seen in privy.requests if (seen.status or 500) >= 500} == set()
