"""The table `authorization_requests`. Rows live an hour after their end."""

from __future__ import annotations

from collections.abc import Collection

from homeport.auth.authorization_requests import AuthorizationParameters, AuthorizationRequest, RequestState, Step
from homeport.auth.errors import MatchedRedirect
from homeport.store import Row, Transaction


def insert(tx: Transaction, request: AuthorizationRequest, *, network: str) -> None:
    """`network` is where its browser is: a flood from one network pushes out its own."""
    p = request.parameters
    tx.execute(
        "INSERT INTO authorization_requests (request_id, browser_digest, parameters_digest, state, client_id,"
        " redirect_uri, redirect_uri_given, client_state, code_challenge, issuer, resource, scope, nonce, created_at,"
        " expires_at, network) VALUES (:request_id, :browser_digest, :parameters_digest, :state, :client_id,"
        " :redirect_uri, :redirect_uri_given, :client_state, :code_challenge, :issuer, :resource, :scope, :nonce,"
        " :created_at, :expires_at, :network)",
        request_id=request.request_id,
        browser_digest=request.browser_digest,
        parameters_digest=request.parameters_digest,
        state=request.state.value,
        client_id=p.client_id,
        redirect_uri=p.redirect_uri,
        redirect_uri_given=int(p.redirect_uri_given),
        client_state=p.client_state,
        code_challenge=p.code_challenge,
        issuer=p.issuer,
        resource=p.resource,
        scope=p.scope,
        nonce=p.nonce,
        created_at=request.created_at,
        expires_at=request.expires_at,
        network=network,
    )


def find(tx: Transaction, request_id: str) -> AuthorizationRequest | None:
    row = tx.one("SELECT * FROM authorization_requests WHERE request_id = :request_id", request_id=request_id)
    return _request(row) if row is not None else None


def find_open(tx: Transaction, browser_digest: str, parameters_digest: str, now: int) -> AuthorizationRequest | None:
    """The request this browser makes already with the same parameters: a page loaded twice is one request."""
    row = tx.one(
        "SELECT * FROM authorization_requests WHERE browser_digest = :browser AND parameters_digest = :parameters"
        " AND state IN ('sign_in', 'admission', 'consent', 'allowed') AND expires_at > :now"
        " ORDER BY created_at DESC LIMIT 1",
        browser=browser_digest,
        parameters=parameters_digest,
        now=now,
    )
    return _request(row) if row is not None else None


def advance(
    tx: Transaction,
    request: AuthorizationRequest,
    step: Step,
    *,
    person_id: str | None = None,
    granted_scope: str | None = None,
    answer: str | None = None,
    expires_at: int | None = None,
) -> bool:
    """Take one step of the table; False when there is no such step or somebody else took one first."""
    to = request.step(step)
    if to is None:
        return False
    return (
        tx.execute(
            "UPDATE authorization_requests SET state = :to, person_id = COALESCE(:person_id, person_id),"
            " granted_scope = COALESCE(:granted_scope, granted_scope), answer = COALESCE(:answer, answer),"
            " expires_at = COALESCE(CAST(:expires_at AS BIGINT), expires_at)"
            " WHERE request_id = :request_id AND state = :state",
            to=to.value,
            person_id=person_id,
            granted_scope=granted_scope,
            answer=answer,
            expires_at=expires_at,
            request_id=request.request_id,
            state=request.state.value,
        )
        == 1
    )


def switch(tx: Transaction, request: AuthorizationRequest) -> bool:
    """Back to sign-in, without the person; False when the table has no such step or somebody took another one."""
    to = request.step(Step.SWITCH)
    if to is None:
        return False
    return (
        tx.execute(
            "UPDATE authorization_requests SET state = :to, person_id = NULL"
            " WHERE request_id = :request_id AND state = :state",
            to=to.value,
            request_id=request.request_id,
            state=request.state.value,
        )
        == 1
    )


def people_who_wait(tx: Transaction, now: int) -> frozenset[str]:
    """Who signed in and waits for the owner's answer."""
    rows = tx.all(
        "SELECT DISTINCT person_id FROM authorization_requests WHERE state = 'admission' AND expires_at > :now", now=now
    )
    return frozenset(row["person_id"] for row in rows)


def live_ids(tx: Transaction, now: int) -> frozenset[str]:
    """The requests that have not ended."""
    rows = tx.all("SELECT request_id FROM authorization_requests WHERE expires_at > :now", now=now)
    return frozenset(row["request_id"] for row in rows)


def count_open(tx: Transaction, client_id: str, now: int) -> int:
    row = tx.one(
        "SELECT COUNT(*) AS open FROM authorization_requests WHERE client_id = :client_id AND expires_at > :now",
        client_id=client_id,
        now=now,
    )
    assert row is not None
    return int(row["open"])


def trim(tx: Transaction, keep: int, *, spare: Collection[str]) -> int:
    """Bound the table against floods: beyond `keep`, requests go, but those in `spare`.

    The oldest of the fullest goes first, so that strangers elsewhere do not end somebody's sign-in: of the fullest
    network while nobody has signed in, and of the person with the most once somebody has, since an account can be in
    many networks. Of persons with equally many, again the fullest network's.
    """
    row = tx.one("SELECT COUNT(*) AS stored FROM authorization_requests")
    assert row is not None
    surplus = int(row["stored"]) - keep
    if surplus <= 0:
        return 0
    # Numbered from the newest on: the highest number is the oldest of the fullest.
    newest = "ORDER BY created_at DESC, request_id DESC"
    oldest = tx.all(
        f"SELECT request_id, ROW_NUMBER() OVER (PARTITION BY person_id, CASE WHEN person_id IS NULL THEN network END"
        f" {newest}) AS place, ROW_NUMBER() OVER (PARTITION BY network {newest}) AS place_in_network"
        " FROM authorization_requests ORDER BY place DESC, place_in_network DESC, created_at, request_id LIMIT :most",
        most=surplus + len(spare),
    )
    going = [row["request_id"] for row in oldest if row["request_id"] not in spare][:surplus]
    for request_id in going:
        tx.execute("DELETE FROM authorization_requests WHERE request_id = :request_id", request_id=request_id)
    return len(going)


def purge(tx: Transaction, before: int) -> int:
    return tx.execute("DELETE FROM authorization_requests WHERE expires_at < :before", before=before)


def _request(row: Row) -> AuthorizationRequest:
    return AuthorizationRequest(
        request_id=row["request_id"],
        browser_digest=row["browser_digest"],
        parameters_digest=row["parameters_digest"],
        state=RequestState(row["state"]),
        parameters=AuthorizationParameters(
            client_id=row["client_id"],
            redirect_uri=MatchedRedirect(row["redirect_uri"]),
            redirect_uri_given=bool(row["redirect_uri_given"]),
            client_state=row["client_state"],
            code_challenge=row["code_challenge"],
            issuer=row["issuer"],
            resource=row["resource"],
            scope=row["scope"],
            nonce=row["nonce"],
        ),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        person_id=row["person_id"],
        granted_scope=row["granted_scope"],
        answer=row["answer"],
    )
