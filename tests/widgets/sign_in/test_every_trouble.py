"""Each trouble that the sign-in page has words for is a state that other tests bring it into."""

from __future__ import annotations

import re

from tests.test_docs import ROOT
from tests.widgets.sign_in.states import STATES


def test_the_states_show_every_trouble() -> None:
    words = (ROOT / "widgets/src/sign-in/errors.ts").read_text(encoding="utf-8")
    troubles = set(re.findall(r'\bcode: "([a-z_]+)"', words))
    assert len(troubles) > 30
    assert troubles - {state.shows for state in STATES.values()} == set()
