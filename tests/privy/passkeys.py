"""Sign-up and sign-in with passkeys (WebAuthn): the ceremonies' options, and answers that are really verified."""

from __future__ import annotations

import secrets
from typing import Any, Literal
from urllib.parse import urlsplit

from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
)

from tests.privy.door import Body, Call, Endpoint
from tests.privy.errors import Refused, invalid_credentials, invalid_data
from tests.privy.keys import base64url, from_base64url

ALGORITHMS = (-7, -257)
"""ES256 and RS256."""


class Init(Body):
    relying_party: str
    token: str | None = None


class CredentialProperties(Body):
    rk: bool | None = None


class ExtensionResults(Body):
    app_id: bool | None = None
    cred_props: CredentialProperties | None = None
    hmac_create_secret: bool | None = None


class Attestation(Body):
    attestation_object: str
    client_data_json: str
    authenticator_data: str | None = None
    public_key: str | None = None
    public_key_algorithm: int | None = None
    transports: list[str] | None = None


class Assertion(Body):
    authenticator_data: str
    client_data_json: str
    signature: str
    user_handle: str | None = None


class _Credential(Body):
    id: str
    raw_id: str
    type: Literal["public-key"]
    client_extension_results: ExtensionResults
    authenticator_attachment: str | None = None


class NewCredential(_Credential):
    response: Attestation


class UsedCredential(_Credential):
    response: Assertion


class Registration(Body):
    relying_party: str
    authenticator_response: NewCredential


class Authentication(Body):
    relying_party: str
    challenge: str
    authenticator_response: UsedCredential


def _relying_party(call: Call, given: str) -> str:
    """The host whose passkeys these are: that of the page, whose whole origin it must name. Raises Refused."""
    if given != call.request.origin:
        raise Refused(403, "invalid_origin", "relying_party is not the page's origin")
    return urlsplit(given).hostname or ""


def _challenge(call: Call, ceremony: str) -> str:
    challenge = base64url(secrets.token_bytes(32))
    call.tenant.challenges.keep(f"{ceremony}:{challenge}", call.request.origin)
    return challenge


def _server(call: Call, host: str) -> Fido2Server:
    rp = PublicKeyCredentialRpEntity(id=host, name=call.tenant.app.name)
    return Fido2Server(rp, verify_origin=lambda origin: origin == call.request.origin)


def _state(call: Call, ceremony: str, client_data: str) -> dict[str, str]:
    """The verifier's memory of a challenge of ours that nobody answered yet. Raises Refused."""
    try:
        challenge = base64url(CollectedClientData(from_base64url(client_data)).challenge)
    except (ValueError, KeyError, TypeError):
        raise invalid_data("client_data_json is malformed") from None
    if call.tenant.challenges.take(f"{ceremony}:{challenge}") != call.request.origin:
        raise invalid_credentials("Invalid passkey challenge")
    return {"challenge": challenge, "user_verification": "preferred"}


def _as_webauthn(credential: NewCredential | UsedCredential) -> dict[str, Any]:
    """The answer with WebAuthn's own field names, as its JSON form has them."""
    response = credential.response
    data = {"clientDataJSON": response.client_data_json}
    if isinstance(response, Attestation):
        data["attestationObject"] = response.attestation_object
    else:
        data["authenticatorData"] = response.authenticator_data
        data["signature"] = response.signature
        if response.user_handle is not None:
            data["userHandle"] = response.user_handle
    return {"id": credential.id, "rawId": credential.raw_id, "type": credential.type, "response": data}


def _account(credential_id: bytes) -> tuple[str, str, dict[str, Any]]:
    id = base64url(credential_id)
    return "passkey", id, {"credential_id": id, "enrolled_in_mfa": False}


def _need_passkeys(call: Call, *, sign_up: bool) -> None:
    call.tenant.need_method("passkey")
    if sign_up and not call.tenant.app.passkeys_for_sign_up:
        raise Refused(403, "disallowed_login_method", "Sign-up with passkeys not allowed")


def _register_init(call: Call) -> dict[str, Any]:
    _need_passkeys(call, sign_up=True)
    body = call.body(Init)
    host = _relying_party(call, body.relying_party)
    call.tenant.need_captcha(body.token)
    options = {
        "challenge": _challenge(call, "register"),
        "rp": {"id": host, "name": call.tenant.app.name},
        "user": {"id": base64url(secrets.token_bytes(16)), "name": "passkey", "display_name": "Passkey"},
        "pub_key_cred_params": [{"alg": algorithm, "type": "public-key"} for algorithm in ALGORITHMS],
        "authenticator_selection": {"resident_key": "required", "user_verification": "preferred"},
        "attestation": "none",
        "exclude_credentials": [],
        "timeout": 60_000,
    }
    return {"options": options, "relying_party": body.relying_party}


def _register(call: Call) -> object:
    _need_passkeys(call, sign_up=True)
    body = call.body(Registration)
    host = _relying_party(call, body.relying_party)
    state = _state(call, "register", body.authenticator_response.response.client_data_json)
    try:
        answer = RegistrationResponse.from_dict(_as_webauthn(body.authenticator_response))
        data = _server(call, host).register_complete(state, answer)
    except (ValueError, KeyError, TypeError) as why:
        raise invalid_credentials(f"Invalid passkey registration: {why}") from None
    credential = data.credential_data
    if credential is None or credential.credential_id in call.tenant.passkeys:
        raise Refused(409, "resource_conflict", "The passkey is known already")
    signed_in = call.tenant.sign_in(_account(credential.credential_id), call.client_id)
    call.tenant.passkeys[credential.credential_id] = bytes(credential)
    return signed_in


def _authenticate_init(call: Call) -> dict[str, Any]:
    _need_passkeys(call, sign_up=False)
    body = call.body(Init)
    host = _relying_party(call, body.relying_party)
    call.tenant.need_captcha(body.token)
    options = {
        "challenge": _challenge(call, "authenticate"),
        "rp_id": call.tenant.app.passkey_domain or host,
        "allow_credentials": [],
        "user_verification": "preferred",
        "timeout": 60_000,
    }
    return {"options": options, "relying_party": body.relying_party}


def _authenticate(call: Call) -> object:
    _need_passkeys(call, sign_up=False)
    body = call.body(Authentication)
    host = _relying_party(call, body.relying_party)
    state = _state(call, "authenticate", body.authenticator_response.response.client_data_json)
    if state["challenge"] != body.challenge:
        raise invalid_credentials("Invalid passkey challenge")
    try:
        answer = AuthenticationResponse.from_dict(_as_webauthn(body.authenticator_response))
        known = call.tenant.passkeys.get(answer.raw_id)
        if known is None:
            raise Refused(404, "passkey_not_registered", "The passkey is not known")
        _server(call, host).authenticate_complete(state, [AttestedCredentialData(known)], answer)
    except (ValueError, KeyError, TypeError) as why:
        raise invalid_credentials(f"Invalid passkey: {why}") from None
    return call.tenant.sign_in(_account(answer.raw_id), call.client_id)


ENDPOINTS = [
    Endpoint("POST", "/api/v1/passkeys/register/init", _register_init),
    Endpoint("POST", "/api/v1/passkeys/register", _register),
    Endpoint("POST", "/api/v1/passkeys/authenticate/init", _authenticate_init),
    Endpoint("POST", "/api/v1/passkeys/authenticate", _authenticate),
]
