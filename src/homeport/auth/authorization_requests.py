"""The life of an authorization request, from a validated /authorize to the redirect back. Pure.

Every answer keeps the issuer and resource the request began with (SECURITY, origins); no path through the table ends
without an act of the person (SECURITY, consent is never silent).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from homeport.auth.errors import MatchedRedirect

REQUEST_SECONDS = 10 * 60
ANSWER_SECONDS = 60
"""How long the way back may be walked again: a browser that asks twice gets the same answer twice."""


class RequestState(enum.StrEnum):
    SIGN_IN = "sign_in"
    ADMISSION = "admission"
    """It is known who this is; the owner has not let them in yet."""
    CONSENT = "consent"
    ALLOWED = "allowed"
    DENIED = "denied"
    ANSWERED = "answered"


class Step(enum.StrEnum):
    KNOCK = "knock"
    """Sign-in showed who this is, and nobody has invited them."""
    IDENTIFY = "identify"
    """It is known who this is, and they may enter; what they allow is still open."""
    SWITCH = "switch"
    """The person wants to sign in as somebody else."""
    ALLOW = "allow"
    """A person said yes: on the consent page, or the owner while approving."""
    REFUSE = "refuse"
    ANSWER = "answer"
    """The browser was sent back to the client."""


TRANSITIONS: dict[tuple[RequestState, Step], RequestState] = {
    (RequestState.SIGN_IN, Step.IDENTIFY): RequestState.CONSENT,
    (RequestState.SIGN_IN, Step.KNOCK): RequestState.ADMISSION,
    (RequestState.ADMISSION, Step.IDENTIFY): RequestState.CONSENT,
    (RequestState.ADMISSION, Step.SWITCH): RequestState.SIGN_IN,
    (RequestState.ADMISSION, Step.REFUSE): RequestState.DENIED,
    (RequestState.CONSENT, Step.SWITCH): RequestState.SIGN_IN,
    (RequestState.SIGN_IN, Step.ALLOW): RequestState.ALLOWED,
    (RequestState.SIGN_IN, Step.REFUSE): RequestState.DENIED,
    (RequestState.CONSENT, Step.ALLOW): RequestState.ALLOWED,
    (RequestState.CONSENT, Step.REFUSE): RequestState.DENIED,
    (RequestState.ALLOWED, Step.ANSWER): RequestState.ANSWERED,
    (RequestState.DENIED, Step.ANSWER): RequestState.ANSWERED,
}


@dataclass(frozen=True, slots=True)
class AuthorizationParameters:
    """A validated authorization request (RFC 6749 4.1.1, RFC 7636, RFC 8707) of a known client."""

    client_id: str
    redirect_uri: MatchedRedirect
    redirect_uri_given: bool
    client_state: str | None
    """The client's `state`; sealed for the browser (see `sealing`) once the request is stored."""
    code_challenge: str
    issuer: str
    resource: str
    scope: str
    nonce: str | None


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A stored request, bound to one browser by the digest of its cookie."""

    request_id: str
    browser_digest: str
    parameters_digest: str
    state: RequestState
    parameters: AuthorizationParameters
    created_at: int
    expires_at: int
    person_id: str | None = None
    granted_scope: str | None = None
    answer: str | None = None
    """What was decided: "allowed" or the error that the client is told."""

    def step(self, step: Step) -> RequestState | None:
        return TRANSITIONS.get((self.state, step))

    def ended(self, now: float) -> bool:
        return now >= self.expires_at
