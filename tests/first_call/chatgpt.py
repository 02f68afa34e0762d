"""ChatGPT as its user meets it: the form for a server of one's own, the popup for signing in, and a conversation.

What it does behind its pages is done by the strict client.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from playwright.async_api import BrowserContext, Page

from tests.judges.chatgpt_host import CLIENT_ID, HOST, REDIRECT_URI, ChatGptHost
from tests.judges.scene import JudgeFailed, StrictClient

PLUGINS = "/plugins"
_PAGE = """<!doctype html><html lang="en"><title>ChatGPT</title>
<style>body { font: 16px sans-serif; max-width: 40rem; margin: 2rem auto } label { display: block; margin: .5rem 0 }
input:not([type=checkbox]), textarea { width: 100% } output { display: block; white-space: pre-wrap }</style>
<button id="add">+</button> <button id="custom" hidden>Add custom MCP server</button>
<form hidden>
<label>Name <input id="name" required></label>
<label>Description (optional) <input id="description"></label>
<label>Server URL <input id="url" required></label>
<label>Authentication <select id="auth"><option>OAuth<option>No authentication</select></label>
<label><input type="checkbox" id="sure" required> I understand and want to continue</label>
<button>Create as a plugin</button>
</form>
<p role="alert"></p>
<button id="install" hidden>Install</button><output id="state"></output>
<form id="talk" hidden><label>Message <textarea></textarea></label><button>Send</button></form>
<output id="answer"></output>
<script>
const at = id => document.getElementById(id)
const [form, talk] = document.forms
const say = text => { document.querySelector("[role=alert]").textContent = text }
let authorize
at("add").onclick = () => { at("custom").hidden = false }
at("custom").onclick = () => { form.hidden = false; at("name").focus() }
form.onsubmit = async event => {
  event.preventDefault()
  say("")
  const made = await create(at("url").value)
  if (made.error) return say(made.error)
  authorize = made.authorize
  at("install").hidden = false
}
at("install").onclick = async () => {
  say("")
  authorize = (await again()) ?? authorize
  window.open(authorize, "_blank", "popup,width=500,height=700")
}
window.onmessage = async event => {
  if (event.origin !== location.origin) return
  const answer = await connected(event.data)
  if (answer.error) return say(answer.error)
  at("state").textContent = "Connected"
  talk.hidden = false
}
talk.onsubmit = async event => {
  event.preventDefault()
  at("answer").textContent = await ask(talk.querySelector("textarea").value)
}
</script>"""


@dataclass
class ChatGpt:
    """Serves its pages by `host`, and acts by the strict client."""

    host: ChatGptHost
    client: StrictClient
    asked: list[str] = field(default_factory=list)
    _signed_in_once: bool = False

    async def open(self, browser: BrowserContext) -> Page:
        """A new tab with ChatGPT, where its user goes to add a server."""
        self.host.pages[PLUGINS] = _PAGE
        page = await browser.new_page()
        for name, does in (
            ("create", self._create),
            ("again", self._again),
            ("connected", self._connected),
            ("ask", self._ask),
        ):
            await page.expose_function(name, does)
        await page.goto(f"https://{HOST}{PLUGINS}")
        return page

    async def _create(self, url: str) -> dict[str, str]:
        try:
            asked = await self.client.ask("connect", mcpUrl=url, clientId=CLIENT_ID, redirect=REDIRECT_URI)
        except JudgeFailed as refused:
            return {"error": f"Error creating connector: {refused}"}
        return {"authorize": str(asked["authorize"])}

    async def _again(self) -> str | None:
        """A new request for each time that Install is pressed."""
        first, self._signed_in_once = not self._signed_in_once, True
        if first:
            return None
        asked = await self.client.ask("again", scope="read write")
        return str(asked["authorize"])

    async def _connected(self, url: str) -> dict[str, str]:
        try:
            await self.client.ask("callback", url=url)
            await self.client.ask("tools")
        except JudgeFailed as refused:
            return {"error": f"Something went wrong with setting up the connection: {refused}"}
        return {}

    async def _ask(self, message: str) -> str:
        """The model understands one sentence."""
        self.asked.append(message)
        try:
            return json.dumps(await self.client.ask("call", tool="get-items"))
        except JudgeFailed as refused:
            return str(refused)
