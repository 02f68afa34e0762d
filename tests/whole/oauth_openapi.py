"""The authorization server as OpenAPI, for tests only: each parameter may be right, near, or anything at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """Values that mean something to the running server."""

    client_id: str
    redirect_uri: str
    resource: str
    code: str
    verifier: str
    refresh_token: str
    access_token: str
    page: str


def oauth_openapi(known: Known) -> Schema:
    """Every endpoint with the answers it may give. A status that is not listed is a fault."""
    verifiers = [known.verifier, "x" * 42]
    tokens = [known.refresh_token, known.access_token, known.code]
    client = {
        "client_id": _one_of(known.client_id, "chatgpt-connector", "https://client.example/app.json"),
        "client_assertion_type": _one_of("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        "client_assertion": _one_of("e30.e30.e30", known.access_token),
    }
    authorize = {
        "response_type": _one_of("code", "token"),
        "client_id": _one_of(known.client_id, "chatgpt-connector", "https://client.example/app.json"),
        "redirect_uri": _one_of(known.redirect_uri, "https://chatgpt.com/connector_platform_oauth_redirect"),
        "code_challenge": _one_of("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        "code_challenge_method": _one_of("S256", "plain"),
        "scope": _one_of("read", "read write offline_access openid email", "  "),
        "resource": _one_of(known.resource, known.resource.upper()),
        **{name: _one_of("x") for name in ("state", "nonce", "prompt", "request", "request_uri", "id_token_hint")},
    }
    token = {
        **client,
        "grant_type": _one_of("authorization_code", "refresh_token", "client_credentials"),
        "code": _one_of(*tokens),
        "code_verifier": _one_of(*verifiers),
        "redirect_uri": _one_of(known.redirect_uri),
        "refresh_token": _one_of(*tokens),
        "scope": _one_of("read", "admin"),
        "resource": _one_of(known.resource),
    }
    page = f"/authorize/request/{known.page}"
    html = (200, 400, 403, 404, 410, 422)
    paths: dict[str, Any] = {
        "/": {"get": _operation([], (200,)), "post": _operation([], (404,))},
        "/health": {"get": _operation([], (200,))},
        "/authorize": {"get": _operation(_query(authorize), (303, *html))},
        "/authorize/start": {"get": _operation(_query(authorize), (303, *html))},
        page: {"get": _operation([_COOKIE], html)},
        f"{page}/state": {"get": _operation([_COOKIE], (200, 404))},
        f"{page}/continue": {"get": _operation([_COOKIE], (303, *html))},
        "/token": {"post": _operation([], (200, 400, 401, 408, 413, 429), _form(token))},
        "/revoke": {"post": _operation([], (200, 400, 401, 413), _form({**client, "token": _one_of(*tokens)}))},
        "/introspect": {
            "post": _operation([_bearer(known)], (200, 400, 401, 413), _form({**client, "token": _one_of(*tokens)}))
        },
        "/userinfo": {"get": _operation([_bearer(known)], (200, 401, 403))},
        "/register": {"post": _operation([], (201, 400, 413, 429), _registration(known))},
        "/mcp": {"post": _operation([_bearer(known)], (200, 202, 400, 401, 403, 404, 406, 413, 415), _json_rpc())},
        "/.well-known/jwks.json": {"get": _operation([], (200,))},
    }
    for action in ("code", "cancel", "consent"):
        answer = _form({"answer": _one_of("allow", "deny"), "write": _one_of("yes")})
        own = {"name": "sec-fetch-site", "in": "header", "schema": {"enum": ["same-origin", "cross-site"]}}
        paths[f"{page}/{action}"] = {"post": _operation([_COOKIE, own], (303, *html), answer)}
    for name in ("oauth-authorization-server", "oauth-protected-resource", "openid-configuration"):
        paths[f"/.well-known/{name}"] = {"get": _operation([], (200,))}
        suffix = {"name": "path", "in": "path", "required": True, "schema": _one_of("mcp", "%2e%2e", "mcp/x")}
        paths[f"/.well-known/{name}/{{path}}"] = {"get": _operation([suffix], (200, 404))}
    return {"openapi": "3.1.0", "info": {"title": "Homeport", "version": "1"}, "paths": paths}


_COOKIE = {"name": "cookie", "in": "header", "schema": {"type": "string", "pattern": "^[ -~]*$"}}


def _one_of(*values: str) -> Schema:
    return {"anyOf": [{"enum": list(values)}, {"type": "string"}]}


def _bearer(known: Known) -> Schema:
    tokens = [f"Bearer {known.access_token}", f"bearer  {known.refresh_token}", "Bearer", "Basic eDp5"]
    return {"name": "authorization", "in": "header", "schema": {"enum": tokens}}


def _query(parameters: Mapping[str, Schema]) -> list[Schema]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in parameters.items()]


def _form(fields: Mapping[str, Schema]) -> Schema:
    schema = {"type": "object", "properties": dict(fields)}
    return {"content": {"application/x-www-form-urlencoded": {"schema": schema}}}


def _registration(known: Known) -> Schema:
    texts: list[Schema] = [{"type": "string"}, {"type": "null"}, {"type": "integer"}]
    some_uris = {"type": "array", "items": _one_of(known.redirect_uri, "https://app.example/cb", "javascript:1")}
    names = ("client_name", "token_endpoint_auth_method", "jwks_uri", "client_uri", "logo_uri", "scope")
    properties: Schema = {name: {"anyOf": texts} for name in names}
    properties["redirect_uris"] = {"anyOf": [some_uris, *texts]}
    properties["grant_types"] = {"anyOf": [{"type": "array", "items": {}}, *texts]}
    properties["jwks"] = {"anyOf": [{"type": "object"}, {"type": "array"}, *texts]}
    schema = {"type": "object", "properties": properties}
    return {"content": {"application/json": {"schema": schema}}}


def _json_rpc() -> Schema:
    methods = ["initialize", "ping", "tools/list", "tools/call", "resources/list", "resources/read", "prompts/list"]
    message = {
        "type": "object",
        "properties": {
            "jsonrpc": _one_of("2.0"),
            "id": {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}, {"type": "array"}]},
            "method": _one_of(*methods),
            "params": {"anyOf": [{"type": "object"}, {"type": "array"}, {"type": "null"}]},
        },
    }
    return {"content": {"application/json": {"schema": message}}}


def _operation(parameters: list[Schema], statuses: Iterable[int], body: Schema | None = None) -> Schema:
    answers = {str(status): {"description": "as the design says"} for status in statuses}
    operation: Schema = {"parameters": parameters, "responses": answers}
    return operation if body is None else {**operation, "requestBody": body}
