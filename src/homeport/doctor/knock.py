"""One question to one more address of a server that was visited already: does it lead to an MCP server as well?

A proxy may pass on the first path and not the next one. What all addresses of a server share is not asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from homeport.clock import Clock, system_clock
from homeport.doctor import challenge, reach, tools
from homeport.doctor.address import read_address
from homeport.doctor.answer import Answer, origin_of
from homeport.doctor.asking import Asking
from homeport.doctor.hop import Hop
from homeport.network import Network


async def knock(
    address: str, network: Network, *, own_headers: Mapping[str, str] | None = None, clock: Clock = system_clock
) -> Hop:
    """What answers the first message of MCP at `address`. `own_headers` go with it."""
    target = read_address(address)
    asking = Asking(network, most=1, clock=clock)
    try:
        asking.add_to(origin_of(address), own_headers or {})
        message = tools.initialize()
        outcome, took = await asking.ask("POST", address, headers=message.headers, content=message.body)
    finally:
        await asking.close()
    found = reach.judge_reach(target, outcome)
    if found.state == "ok" and isinstance(outcome, Answer) and outcome.status == 401:
        found = challenge.judge_challenge(address, outcome)
    return replace(found, detail=f"{address}: {found.detail}").took(took)
