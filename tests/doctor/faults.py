"""One thing wrong at a time in front of a Homeport that is well, and the hop that must be named for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.doctor.front import Asked, Back, Reply, document, page, redirect

HERE = "https://home.test"
RESOURCE = "/.well-known/oauth-protected-resource"
SERVER = "/.well-known/oauth-authorization-server"


@dataclass(frozen=True, slots=True)
class Fault:
    """`words` must be in what is said about it, so that the cause is the right one, and not only the hop."""

    what: str
    hop: str
    words: str
    back: Back


def at(path: str, change: Callable[[Reply], Reply], *, below: bool = False) -> Back:
    """Change what this path answers; with `below` all paths that begin so."""

    def back(asked: Asked, reply: Reply) -> Reply:
        mine = asked.path.startswith(path) if below else asked.path == path
        return change(reply) if mine else reply

    return back


def instead(path: str, reply: Reply, *, below: bool = False) -> Back:
    return at(path, lambda _: reply, below=below)


def everywhere(reply: Reply) -> Back:
    return lambda asked, _: reply


def metadata(**members: Any) -> Back:
    """Other members in the metadata of the resource, at both places."""
    return at(RESOURCE, lambda reply: reply.saying(**members), below=True)


def server(**members: Any) -> Back:
    return at(SERVER, lambda reply: reply.saying(**members), below=True)


def without_server_metadata(asked: Asked, reply: Reply) -> Reply:
    return Reply(404, {}) if asked.path.startswith((SERVER, "/.well-known/openid")) else reply


def rpc(method: str, change: Callable[[Reply], Reply], *, modern: bool | None = None) -> Back:
    """Change the answer to one method of MCP; `modern` picks an era."""

    def back(asked: Asked, reply: Reply) -> Reply:
        return change(reply) if asked.rpc == method and modern in (None, asked.modern) else reply

    return back


def result(**members: Any) -> Callable[[Reply], Reply]:
    return lambda reply: reply.saying(result={**reply.json["result"], **members})


def contents(**members: Any) -> Callable[[Reply], Reply]:
    def change(reply: Reply) -> Reply:
        first = {**reply.json["result"]["contents"][0], **members}
        return result(contents=[first])(reply)

    return change


def challenge(value: str | None) -> Back:
    def back(asked: Asked, reply: Reply) -> Reply:
        return reply.with_header("www-authenticate", value) if reply.status == 401 else reply

    return back


def error(code: str, description: str = "", status: int = 400) -> Reply:
    return document({"error": code, "error_description": description}, status)


CLOUDFLARE = {"server": "cloudflare", "cf_ray": "8f-FRA"}
CALLBACK = "https://chatgpt.com/connector_platform_oauth_redirect"

REACH = [
    Fault(
        "ngrok's warning page",
        "reach",
        "warning page",
        everywhere(page("<title>ngrok</title>You are about to visit", ngrok_error_code="ERR_NGROK_6024")),
    ),
    Fault("ngrok's tunnel sleeps", "reach", "no agent is online", everywhere(page("ERR_NGROK_3200", 404))),
    Fault("ngrok reaches no server", "reach", "the server is down", everywhere(page("ERR_NGROK_8012", 502))),
    Fault("ngrok's requests are used up", "reach", "requests of this month", everywhere(page("ERR_NGROK_727", 429))),
    Fault("an ngrok error nobody knows", "reach", "ERR_NGROK_99", everywhere(page("ERR_NGROK_99", 400))),
    Fault(
        "Cloudflare's challenge",
        "reach",
        "are you human",
        everywhere(page("<title>Just a moment...</title>", 403, cf_mitigated="challenge", **CLOUDFLARE)),
    ),
    Fault(
        "Cloudflare's tunnel is down",
        "reach",
        "no cloudflared",
        everywhere(page("<title>Tunnel error</title>Error 1033", 530, **CLOUDFLARE)),
    ),
    Fault("Cloudflare Access", "reach", "asks for a login", everywhere(redirect("https://x.cloudflareaccess.com/"))),
    Fault("localtunnel's reminder", "reach", "localtunnel", everywhere(page("bypass-tunnel-reminder", 401))),
    Fault("zrok's warning page", "reach", "zrok", everywhere(page("send skip_zrok_interstitial", 200))),
    Fault("a dev tunnel's warning page", "reach", "dev tunnel", everywhere(page("X-Tunnel-Skip-AntiPhishing-Page"))),
    Fault("the network's login page", "reach", "captive portal", everywhere(redirect("http://10.0.0.1/login"))),
    Fault("a login demanded by the network", "reach", "captive portal", everywhere(page("Sign in", 511))),
    Fault("the domain is parked", "reach", "parking page", everywhere(page("This domain is for sale"))),
    Fault("a sleeping tunnel's page", "reach", "may sleep", everywhere(page("<title>Not found</title>", 404))),
    Fault("another website", "reach", "'Shop'", everywhere(page("<title>Shop</title>"))),
    Fault("nobody behind the proxy", "reach", "server behind it", everywhere(page("<title>502</title>", 502))),
    Fault("no MCP at this path", "reach", "nothing at /mcp", everywhere(Reply(404, {}))),
    Fault("the server does not know its name", "reach", "by the name home.test", everywhere(Reply(421, {}))),
    Fault("the slash was forgotten", "reach", "/mcp/", everywhere(redirect("/mcp/", 307))),
    Fault("a login in front", "reach", "login", everywhere(redirect("https://sso.example.com/x"))),
    Fault("no POST here", "reach", "takes POST", everywhere(Reply(405, {}))),
    Fault("a firewall", "reach", "firewall", everywhere(Reply(403, {}))),
    Fault("too many requests", "reach", "too many", everywhere(Reply(429, {}))),
    Fault("the server fails", "reach", "failed (HTTP 500)", everywhere(Reply(500, {}))),
    Fault("something that is no MCP server", "reach", "no MCP server", everywhere(document({"hello": "world"}))),
]

DISCOVERY = [
    Fault("the 401 lost its header", "challenge", "does not learn", challenge(None)),
    Fault(
        "the base URL is wrong",
        "challenge",
        "another address",
        challenge('Bearer resource_metadata="http://localhost:3002/.well-known/oauth-protected-resource/mcp"'),
    ),
    Fault("no resource metadata", "resource-metadata", "HTTP 404", instead(RESOURCE, Reply(404, {}), below=True)),
    Fault("a page in its place", "resource-metadata", "a web page", instead(RESOURCE, page("<html>"), below=True)),
    Fault("nobody to sign in at", "resource-metadata", "names no auth", metadata(authorization_servers=[])),
    Fault(
        "people sign in at localhost",
        "resource-metadata",
        "localhost",
        metadata(authorization_servers=["https://localhost:3002"]),
    ),
    Fault("the resource is another host", "resource", "another host", metadata(resource="https://old.test/mcp")),
    Fault("the resource is the root", "resource", "another path", metadata(resource=HERE)),
    Fault("a slash behind the resource", "resource", "slash at the end", metadata(resource=f"{HERE}/mcp/")),
    Fault("no resource in it", "resource", "has no `resource`", metadata(resource=None)),
    Fault("no server metadata", "server-metadata", "No metadata", without_server_metadata),
    Fault("an endpoint at localhost", "server-metadata", "only that", server(token_endpoint="https://localhost/token")),
    Fault("an endpoint without https", "server-metadata", "https", server(token_endpoint="http://home.test/token")),
    Fault("an endpoint is missing", "server-metadata", "authorization_endp", server(authorization_endpoint=None)),
    Fault("a slash behind the issuer", "issuer", "byte for byte", server(issuer=f"{HERE}/")),
    Fault("another issuer", "issuer", "https://old.test", server(issuer="https://old.test")),
    Fault("PKCE is not offered", "pkce", "S256", server(code_challenge_methods_supported=None)),
    Fault("only plain PKCE", "pkce", "only plain", server(code_challenge_methods_supported=["plain"])),
    Fault(
        "documents, but no way to use them",
        "cimd",
        "has no secret",
        server(token_endpoint_auth_methods_supported=["client_secret_post"]),
    ),
    Fault(
        "no way to become a client",
        "registration",
        "neither",
        server(registration_endpoint=None, client_id_metadata_document_supported=None),
    ),
]

SIGN_IN = [
    Fault(
        "the redirect is unknown",
        "registration",
        "redirect to ChatGPT",
        instead("/register", error("invalid_redirect_uri", "chatgpt.com is not allowed")),
    ),
    Fault("registering needs a token", "registration", "a token already", instead("/register", Reply(401, {}))),
    Fault("registering is not served", "registration", "nothing at", instead("/register", Reply(404, {}))),
    Fault(
        "the redirect of the request is unknown",
        "authorize",
        "does not take",
        instead("/authorize", page("<title>Unknown redirect</title>", 400)),
    ),
    Fault(
        "the scope is unknown",
        "authorize",
        "invalid_scope",
        instead("/authorize", redirect(f"{CALLBACK}?error=invalid_scope&state=x")),
    ),
    Fault(
        "the resource is unknown",
        "authorize",
        "invalid_target",
        instead("/authorize", redirect(f"{CALLBACK}?error=invalid_target")),
    ),
    Fault("the page's bundle is missing", "authorize", "not built", instead("/authorize", page("<h1>Oh</h1>", 500))),
    Fault("no page at all", "authorize", "nothing at", instead("/authorize", Reply(404, {}))),
    Fault(
        "the page cuts off its opener",
        "authorize",
        "Opener-Policy",
        at("/authorize/start", lambda reply: reply.with_header("cross-origin-opener-policy", "same-origin")),
    ),
    Fault("a page for the token", "token", "as OAuth says", instead("/token", page("<h1>Blocked</h1>", 403))),
    Fault("the token endpoint fails", "token", "HTTP 500", instead("/token", Reply(500, {}))),
    Fault(
        "registrations are not kept",
        "token",
        "does not know the client",
        instead("/token", error("invalid_client", status=401)),
    ),
    Fault("any code is taken", "token", "never gave", instead("/token", document({"access_token": "x"}))),
    Fault("another demand of the token", "token", "invalid_request", instead("/token", error("invalid_request"))),
]

TOOLS = [
    Fault("the list fails", "tools-2025", "HTTP 500", rpc("tools/list", lambda _: Reply(500, {}), modern=False)),
    Fault(
        "a name is too long",
        "tools-2025",
        "longer than",
        rpc("tools/list", result(tools=[{"name": "x" * 65, "inputSchema": {"type": "object"}}])),
    ),
    Fault(
        "the list fails in one era",
        "tools-2026",
        "tools/list fails",
        rpc(
            "tools/list",
            lambda reply: document({"jsonrpc": "2.0", "id": 1, "error": {"code": -32603, "message": "Oh"}}),
            modern=True,
        ),
    ),
    Fault(
        "the eras differ",
        "tools-2026",
        "different tools",
        rpc("tools/list", lambda reply: result(tools=reply.json["result"]["tools"][1:])(reply), modern=True),
    ),
    Fault(
        "the widget cannot be read",
        "widgets",
        "cannot be read",
        rpc(
            "resources/read",
            lambda _: document({"jsonrpc": "2.0", "id": 1, "error": {"code": -32002, "message": "Not found"}}),
        ),
    ),
    Fault(
        "the widget is of another type", "widgets", "text/plain", rpc("resources/read", contents(mimeType="text/plain"))
    ),
    Fault("the widget is empty", "widgets", "is empty", rpc("resources/read", contents(text=""))),
]

ALL = [*REACH, *DISCOVERY, *SIGN_IN, *TOOLS]
