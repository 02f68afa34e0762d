"""`homeport backend key`: what a person pastes into their backend."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_commands import Prompt
from tests.control.running import control_in_a_thread


def test_the_key_is_printed_with_all_that_a_verifier_needs(tmp_path: Path) -> None:
    with control_in_a_thread(tmp_path) as control:
        prompt = Prompt(tmp_path, control)
        said = prompt.run("backend", "key")
        printed = json.loads(prompt.run("backend", "key", "--json").stdout)
    assert said.exit_code == 0
    assert "homeport-backend+jwt" in said.output
    for name in ("issuer_claim", "audience", "jwks_url"):
        assert printed[name] in said.output
    assert printed["pem"].strip() in said.output
    # As the examples in docs/backend.md read them.
    for variable, name in (("KEYS_URL", "jwks_url"), ("ISSUER", "issuer_claim"), ("AUDIENCE", "audience")):
        assert f"  ASSERTION_{variable}={printed[name]}\n" in said.output
    assert "ES256" in said.output


def test_a_group_without_a_command_says_what_there_is(tmp_path: Path) -> None:
    with control_in_a_thread(tmp_path) as control:
        said = Prompt(tmp_path, control).run("backend")
    assert "key" in said.output
    assert said.exit_code == 2
