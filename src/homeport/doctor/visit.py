"""The order of a visit: what ChatGPT would ask, one hop after the other, each answer handed to its judge.

A hop that fails does not end the visit where the next one can still be asked; what depends on it is skipped.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from homeport.clock import Clock, system_clock
from homeport.doctor import challenge, hop, issuer, reach, sign_in, tools
from homeport.doctor.address import Target, read_address
from homeport.doctor.answer import Answer, Outcome, origin_of
from homeport.doctor.asking import MOST_REQUESTS, SECONDS, Asking
from homeport.doctor.hop import TITLES, Hop, Report, in_order, rest_skipped
from homeport.doctor.sign_in import KnownClient
from homeport.doctor.tools import Era, Post
from homeport.errors import SettingsError
from homeport.network import Network

VERIFIER = base64.urlsafe_b64encode(hashlib.sha256(b"homeport doctor").digest()).rstrip(b"=").decode()
"""No secret: whatever code it belonged to would reach ChatGPT and nobody else."""
_CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
STATE = "homeport-doctor"

Tokens = Callable[[str], Awaitable[str]]
"""Gives a token that may list the tools of a resource, or an empty text. Asked only after all that needs none."""


async def visit(
    address: str,
    network: Network,
    *,
    tokens: Tokens | None = None,
    own_headers: Mapping[str, str] | None = None,
    own_tunnel: str = "",
    most: int = MOST_REQUESTS,
    seconds: float = SECONDS,
    clock: Clock = system_clock,
) -> tuple[Report, Asking]:
    """The report about the MCP server at `address`, and the client that asked, closed.

    `tokens` gives access to the tools of a server that asks to sign in; without it that part is skipped. `own_headers`
    go with each request to the address's own origin. `own_tunnel` is the provider of this Homeport's own tunnel, where
    the address is one that it gave. `most` requests and `seconds` for each are the limit.
    """
    asking = Asking(network, most=most, seconds=seconds, clock=clock)
    try:
        target = read_address(address)
    except SettingsError as error:
        await asking.close()
        found = hop.failed("address", error.message, error.hint or "")
        return Report(address, rest_skipped([found], TITLES, "There is no address to ask.")), asking
    try:
        asking.add_to(origin_of(target.urls[0]), own_headers or {})
        one = _Visit(target, asking, tokens, clock, own_tunnel)
        await one.run()
        found_all = rest_skipped(one.hops, [name for name in TITLES if name != "address"], one.because)
        return Report(one.url, in_order(found_all)), asking
    finally:
        await asking.close()


class _Visit:
    """One run through the hops."""

    def __init__(
        self, target: Target, asking: Asking, tokens: Tokens | None, clock: Clock, own_tunnel: str = ""
    ) -> None:
        self._target = target
        self._asking = asking
        self._tokens = tokens
        self._clock = clock
        self._own_tunnel = own_tunnel
        self.url = target.urls[0]
        self.hops: list[Hop] = []
        self.because = ""
        """Why what was not asked was not."""

    async def run(self) -> None:
        if not await self._connects():
            self.because = "Not asked: there is no connection."
            return
        first = await self._reach()
        if first is None:
            self.because = "Not asked: no MCP server answers."
            return
        if first.status != 401:
            self.because = "Not needed: this server asks nobody to sign in."
            session = first.headers.get("mcp-session-id", "")
            await self._list_tools("", session)
            return
        self.because = "Not asked: it needs what the hop before it did not give."
        server = await self._metadata(first)
        if server is not None:
            await self._sign_in(server)
        await self._tools_with_token()

    # --- the way there ----------------------------------------------------------------------------------------

    async def _connects(self) -> bool:
        target, began = self._target, time.perf_counter()
        addresses, problem = ([], "") if target.local else await self._asking.addresses(target.host)
        by_proxy = self._asking.goes_by_proxy(target)
        judged = reach.judge_dns(target, addresses, problem, by_proxy=by_proxy, own_tunnel=self._own_tunnel)
        self._add(judged, _since(began))
        if self._failed():
            return False
        self._asking.stay_outside(addresses, by_proxy=by_proxy)
        began = time.perf_counter()
        certificate = None
        if target.secure:
            addresses = addresses or ["127.0.0.1"]
            certificate = await self._asking.certificate(target, addresses)
        self._add(reach.judge_tls(target, certificate, self._clock()), _since(began))
        return not self._failed()

    async def _reach(self) -> Answer | None:
        """The first answer of an MCP server, at the first address where there is one."""
        found: Hop | None = None
        for url in self._target.urls:
            outcome, took = await self._post(url, tools.initialize())
            judged = reach.judge_reach(self._target, outcome).took(took)
            if judged.state == "ok" and isinstance(outcome, Answer):
                self.url = url
                self.hops.append(judged)
                return outcome
            found = found or judged
            if not isinstance(outcome, Answer) or outcome.status not in (404, 405):
                break
        assert found is not None
        self.hops.append(found)
        return None

    # --- signing in -------------------------------------------------------------------------------------------

    async def _metadata(self, first: Answer) -> dict[str, Any] | None:
        """Both metadata documents; the authorization server's where its hops let one go on."""
        self._add(challenge.judge_challenge(self.url, first), 0)
        with_path, root = challenge.metadata_urls(self.url)
        named = challenge.challenge_of(first).get("resource_metadata", "")
        # Another host's document would be another server's: its address is judged, and not asked.
        places = [named] if origin_of(named) == origin_of(self.url) else []
        outcomes: dict[str, Outcome] = {}
        took = 0.0
        for place in dict.fromkeys([*places, with_path, root]):
            outcomes[place], milliseconds = await self._asking.ask("GET", place)
            took += milliseconds
        judged, document = challenge.judge_resource_metadata(outcomes)
        self._add(judged, took)
        if document is None:
            return None
        found = {
            place: value
            for place, outcome in outcomes.items()
            if isinstance(outcome, Answer) and outcome.status == 200 and (value := outcome.object()) is not None
        }
        self._add(challenge.judge_resource(self.url, found), 0)
        if judged.state == "failed":
            return None
        return await self._server_metadata(document["authorization_servers"][0])

    async def _server_metadata(self, named: str) -> dict[str, Any] | None:
        outcomes: dict[str, Outcome] = {}
        took = 0.0
        for place in issuer.metadata_urls(named):
            outcomes[place], milliseconds = await self._asking.ask("GET", place)
            took += milliseconds
            outcome = outcomes[place]
            if isinstance(outcome, Answer) and outcome.status == 200 and outcome.object() is not None:
                break
        judged, document = issuer.judge_server_metadata(named, outcomes)
        self._add(judged, took)
        if document is None:
            return None
        self._add(issuer.judge_issuer(named, document), 0)
        self._add(issuer.judge_pkce(document), 0)
        self._add(issuer.judge_cimd(document), 0)
        return document if judged.state != "failed" else None

    async def _sign_in(self, server: dict[str, Any]) -> None:
        client = await self._client(server)
        if client is None:
            return
        request = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uri,
            "code_challenge": _CHALLENGE,
            "code_challenge_method": "S256",
            "resource": self.url,
            "state": STATE,
        }
        endpoint = str(server["authorization_endpoint"])
        page = endpoint + ("&" if urlsplit(endpoint).query else "?") + urlencode(request)
        headers = {"accept": "text/html,application/xhtml+xml"}
        first, took = await self._asking.ask("GET", page, headers=headers)
        second: Outcome | None = None
        if there := sign_in.leads_on(client, first):
            second, more = await self._asking.ask("GET", there, headers=headers)
            took += more
        self._add(sign_in.judge_authorize(client, first, second), took)
        await self._token(server, client)

    async def _client(self, server: dict[str, Any]) -> KnownClient | None:
        judged = issuer.can_register(server)
        if judged is None:
            body = json.dumps(sign_in.registration_body(server)).encode()
            headers = {"content-type": "application/json"}
            outcome, took = await self._asking.ask(
                "POST", server["registration_endpoint"], headers=headers, content=body
            )
            judged, client = sign_in.judge_registration(server, outcome)
            self._add(judged, took)
            return client
        self._add(judged, 0)
        if judged.state == "failed":
            return None
        return KnownClient(sign_in.CHATGPT_CLIENT, sign_in.redirect_for(server), registered=False)

    async def _token(self, server: dict[str, Any], client: KnownClient) -> None:
        form = {
            "grant_type": "authorization_code",
            "code": "homeport-doctor-made-this-up",
            "redirect_uri": client.redirect_uri,
            "client_id": client.client_id,
            "code_verifier": VERIFIER,
            "resource": self.url,
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if client.secret and client.basic:
            pair = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        elif client.secret:
            form["client_secret"] = client.secret
        outcome, took = await self._asking.ask(
            "POST", str(server["token_endpoint"]), headers=headers, content=urlencode(form).encode()
        )
        self._add(sign_in.judge_token(client, outcome), took)

    # --- tools ------------------------------------------------------------------------------------------------

    async def _tools_with_token(self) -> None:
        # Only when nothing is wrong so far: a token goes to nobody of whom that is not known.
        wrong = any(each.state == "failed" for each in self.hops)
        token = await self._tokens(self.url) if self._tokens is not None and not wrong else ""
        if token:
            await self._list_tools(token, "")
            return
        outcome, took = await self._post(self.url, tools.list_tools("tools-2026"))
        self._add(tools.judge_without_token("tools-2026", outcome), took)
        if not self._failed():
            needs = "Not asked: listing needs a token, which the doctor has none of."
            if self._tokens is not None and wrong:
                needs = "Not asked: no token goes to a server that something is wrong with."
            self._add(hop.skipped("tools-2025", needs), 0)
            self._add(hop.skipped("widgets", needs), 0)

    async def _list_tools(self, token: str, session: str) -> None:
        if session:
            await self._post(self.url, tools.with_token(tools.initialized(session), token))
        lists: dict[Era, tools.ToolList | None] = {}
        for era in tools.YEARS:
            post = tools.list_tools(era, session if era == "tools-2025" else "")
            outcome, took = await self._post(self.url, tools.with_token(post, token))
            if era == "tools-2025" and token and not session and tools.wants_session(outcome):
                session, more = await self._begin_session(token)
                post = tools.list_tools(era, session)
                outcome, again = await self._post(self.url, tools.with_token(post, token))
                took += more + again
            judged, lists[era] = tools.judge_list(era, outcome, token=token, url=self.url, now=self._clock())
            self._add(judged, took)
        if (different := tools.same_tools(lists["tools-2025"], lists["tools-2026"])) is not None:
            self.hops[-1] = different
        found = [(each, tool_list) for each, tool_list in lists.items() if tool_list is not None]
        if not found:
            return
        era, listed = found[0]
        if not listed.widgets:
            self._add(hop.skipped("widgets", "No tool shows a widget."), 0)
            return
        post = tools.read_page(era, listed.widgets[0], session if era == "tools-2025" else "")
        outcome, took = await self._post(self.url, tools.with_token(post, token))
        self._add(tools.judge_page(listed.widgets[0], outcome), took)

    async def _begin_session(self, token: str) -> tuple[str, float]:
        """The session of a server that keeps some, and how long it took."""
        outcome, took = await self._post(self.url, tools.with_token(tools.initialize(), token))
        session = outcome.headers.get("mcp-session-id", "") if isinstance(outcome, Answer) else ""
        if session:
            _, more = await self._post(self.url, tools.with_token(tools.initialized(session), token))
            took += more
        return session, took

    async def _post(self, url: str, post: Post) -> tuple[Outcome, float]:
        return await self._asking.ask("POST", url, headers=post.headers, content=post.body)

    def _failed(self) -> bool:
        return self.hops[-1].state == "failed"

    def _add(self, found: Hop, milliseconds: float) -> None:
        self.hops.append(found.took(milliseconds))


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
