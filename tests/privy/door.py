"""What every endpoint demands before its own work: method, headers, origin, body; and CORS as browsers need it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from tests.privy.errors import Refused, invalid_data
from tests.privy.tenant import Tenant
from tests.privy.wire import Answer, Request, json_answer

AUTH = "auth.privy.io"
API = "api.privy.io"

Mode = Literal["no-signup", "login-or-sign-up"]
Input = TypeVar("Input", bound="Body")

# What js-sdk-core and react-auth send. A preflight for another header gets no permission for it.
_HEADERS = (
    "accept, authorization, content-type, privy-app-id, privy-ca-id, privy-client, privy-client-id, privy-retry-attempt"
)


class Body(BaseModel):
    """A JSON body: no unknown fields, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NoBody(Body):
    """The empty object."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has passed the door."""

    request: Request
    tenant: Tenant
    client_id: str | None
    bearer: str | None
    parameters: Mapping[str, str]

    def body(self, model: type[Input]) -> Input:
        """The JSON body as `model`. Raises Refused."""
        return read_body(self.request, model)


Work = Callable[[Call], Any]
"""Returns the JSON answer, or raises Refused."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`path` is a pattern with {name}; `public` ones are read by servers too: no Origin and no privy-client needed."""

    method: str
    path: str
    work: Work
    public: bool = False

    def match(self, request: Request) -> dict[str, str] | None:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", re.escape(self.path).replace(r"\{", "{").replace(r"\}", "}"))
        found = re.fullmatch(pattern, request.path)
        return found.groupdict() if found else None


def read_body(request: Request, model: type[Input]) -> Input:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "invalid_data", "Send application/json")
    try:
        # As JSON, not as Python: strict mode then takes what JSON has, such as a list for a tuple, and nothing looser.
        return model.model_validate_json(request.body)
    except (ValidationError, json.JSONDecodeError) as why:
        raise invalid_data(f"Invalid body: {why}") from None


def client_call(
    request: Request, endpoint: Endpoint, parameters: dict[str, str], tenants: Mapping[str, Tenant]
) -> Answer:
    """One request of the client API at auth.privy.io."""
    app_id = request.headers.get("privy-app-id")
    tenant = tenants.get(app_id or "")
    try:
        if tenant is None or parameters.get("app_id", app_id) != app_id:
            raise Refused(401, "missing_or_invalid_privy_app_id", "Invalid Privy app ID")
        client_id = _client_id(request, tenant)
        _check_origin(request, endpoint, tenant, client_id)
        if not endpoint.public and not re.fullmatch(
            r"[a-z-]+:\d+\.\d+\.\d+\S*", request.headers.get("privy-client", "")
        ):
            raise invalid_data("The header privy-client is missing or malformed")
        answer = json_answer(endpoint.work(Call(request, tenant, client_id, _bearer(request), parameters)))
    except Refused as refused:
        answer = refused.answer()
    return with_cors(answer, request, tenant)


def preflight(request: Request, endpoints: list[Endpoint], tenants: Mapping[str, Tenant]) -> Answer:
    """A preflight names no app: it is allowed where any app allows the origin; the request itself is checked anew."""
    origin, wanted = request.origin, request.headers.get("access-control-request-method")
    if origin is None or wanted is None:
        return Refused(400, "invalid_data", "Not a preflight").answer()
    if not any(_allows(tenant, origin) or tenant.app.readable_refusals for tenant in tenants.values()):
        return Answer(204)
    methods = ", ".join(sorted({one.method for one in endpoints if one.match(request) is not None}))
    if not methods:
        return Refused(404, "invalid_data", "No such endpoint").answer()
    allowed = {
        "access-control-allow-methods": methods,
        "access-control-allow-headers": _HEADERS,
        "access-control-max-age": "0",
    }
    return Answer(204, headers={**allowed, **_cors(origin)})


def with_cors(answer: Answer, request: Request, tenant: Tenant | None) -> Answer:
    origin = request.origin
    if origin is None or tenant is None:
        return answer
    client_id = request.headers.get("privy-client-id")
    known = client_id if client_id in tenant.app.clients else None
    if tenant.app.admits_origin(origin, known) or tenant.app.readable_refusals:
        return answer.adding(_cors(origin))
    return answer


def _cors(origin: str) -> dict[str, str]:
    return {"access-control-allow-origin": origin, "access-control-allow-credentials": "true", "vary": "Origin"}


def _allows(tenant: Tenant, origin: str) -> bool:
    return any(tenant.app.admits_origin(origin, client_id) for client_id in (None, *tenant.app.clients))


def _client_id(request: Request, tenant: Tenant) -> str | None:
    client_id = request.headers.get("privy-client-id")
    if client_id is not None and client_id not in tenant.app.clients:
        raise Refused(400, "missing_or_invalid_privy_client_id", "Invalid app client ID")
    return client_id


def _check_origin(request: Request, endpoint: Endpoint, tenant: Tenant, client_id: str | None) -> None:
    if request.origin is None:
        if endpoint.public:
            return
        raise Refused(403, "missing_origin", "Missing origin")
    is_origin = re.fullmatch(r"https?://[^/?#@]+", request.origin) is not None
    if not is_origin or not tenant.app.admits_origin(request.origin, client_id):
        raise Refused(403, "invalid_origin", "Origin not allowed")


def _bearer(request: Request) -> str | None:
    value = request.headers.get("authorization")
    if value is None:
        return None
    found = re.fullmatch(r"Bearer (\S+)", value)
    if found is None:
        raise Refused(401, "missing_or_invalid_token", "The header Authorization is malformed")
    return found[1]
