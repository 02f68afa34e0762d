"""What Homeport says about itself (RFC 8414, RFC 9728, OpenID Connect Discovery), built per request. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from homeport.auth import scopes
from homeport.auth.client import OUR_AUTH_METHODS
from homeport.origins import Origin

ASSERTION_ALGORITHMS = ["RS256", "ES256"]


def authorization_server(origin: Origin, *, offers_identity: bool) -> dict[str, Any]:
    """RFC 8414 2. `offers_identity` is False where no sign-in yields an e-mail: what is advertised is asked for."""
    supported = [scopes.READ, scopes.WRITE, scopes.OFFLINE_ACCESS]
    if offers_identity:
        supported += [scopes.OPENID, scopes.EMAIL]
    methods = sorted(OUR_AUTH_METHODS)
    document: dict[str, Any] = {
        "issuer": origin.issuer,
        "authorization_endpoint": origin.endpoint("/authorize"),
        "token_endpoint": origin.endpoint("/token"),
        "registration_endpoint": origin.endpoint("/register"),
        "revocation_endpoint": origin.endpoint("/revoke"),
        "introspection_endpoint": origin.endpoint("/introspect"),
        "jwks_uri": origin.endpoint("/.well-known/jwks.json"),
        "scopes_supported": supported,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": ["private_key_jwt"],
        "introspection_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "code_challenge_methods_supported": ["S256"],
        # RFC 9207 3: every response carries iss, errors too, so it must be said.
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
    }
    if offers_identity:
        document["userinfo_endpoint"] = origin.endpoint("/userinfo")
    return document


def openid_configuration(origin: Origin, *, offers_identity: bool, algorithm: str) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0 3: the same server, with the fields that OpenID clients require."""
    return authorization_server(origin, offers_identity=offers_identity) | {
        "userinfo_endpoint": origin.endpoint("/userinfo"),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [algorithm],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "email", "email_verified", "name"],
    }


def protected_resource(origin: Origin, path: str, *, name: str, needed: Sequence[str]) -> dict[str, Any]:
    """RFC 9728 2 for the app at `path`. No `offline_access`: it is no scope of a resource."""
    return {
        "resource": origin.resource(path),
        "authorization_servers": [origin.issuer],
        "scopes_supported": list(scopes.ordered(needed)),
        "bearer_methods_supported": ["header"],
        "resource_name": name,
    }
