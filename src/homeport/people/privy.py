"""Proves who signed in with Privy. What the browser says beside Privy's own signed tokens never counts.

Verification needs no network while the app's public keys are at hand. Who may enter is admission's business.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

from homeport.clock import Clock, system_clock
from homeport.keys.remote import KeysUnavailable, RemoteKeys, UnknownKey
from homeport.people.identity import PrivyIdentity
from homeport.people.privy_accounts import LinkedAccounts
from homeport.people.privy_api import NoAppSecret, PrivyApi, PrivyApiRefused, PrivyUnreachable
from homeport.people.privy_config import PrivyAppConfig
from homeport.people.privy_tokens import PrivyRefused, PrivyToken, accounts_of

__all__ = ["Privy", "PrivyIdentity", "PrivyRefused", "PrivyUnreachable"]

logger = logging.getLogger(__name__)

CONFIG_FRESH_FOR = 600
"""Seconds until the public configuration is asked for again."""
CONFIG_RETRY_AFTER = 60


class Privy:
    """One per engine, in one event loop."""

    def __init__(
        self,
        app_id: str,
        *,
        client_id: str | None,
        api: PrivyApi,
        keys: RemoteKeys,
        folder: Path,
        clock: Clock = system_clock,
    ) -> None:
        """`keys` fetches with `api.jwks`; the last known configuration is kept in `folder`."""
        self._app_id = app_id
        self._client_id = client_id
        self._api = api
        self._keys = keys
        self._clock = clock
        digest = hashlib.sha256(f"{app_id}|{client_id or ''}".encode()).hexdigest()[:16]
        self._file = folder / f"privy-app-{digest}.json"
        self._secret_refused = False
        self._config = self._stored_config()
        self._config_from = float("-inf")
        self._warming: asyncio.Task[None] | None = None
        self._asking: dict[str, asyncio.Task[LinkedAccounts]] = {}

    @property
    def app_id(self) -> str:
        return self._app_id

    @property
    def client_id(self) -> str | None:
        return self._client_id

    @property
    def problem(self) -> str:
        """What keeps Homeport from learning who people are, for the owner; empty when nothing is known to."""
        if not self._api.has_secret:
            return (
                "There is no Privy app secret, so the e-mail addresses of people may stay unknown, and whoever is let "
                "in by e-mail stays out. Set it: homeport secrets set privy (on a server: PRIVY_APP_SECRET)."
            )
        if self._secret_refused:
            return (
                "Privy refuses the app secret, so the e-mail addresses of people stay unknown. "
                "Set the right one: homeport secrets set privy (on a server: PRIVY_APP_SECRET)."
            )
        return ""

    @property
    def config(self) -> PrivyAppConfig | None:
        """The last known public configuration; None while Privy was never reached."""
        return self._config

    async def verify(self, token: str, identity_token: str | None) -> PrivyIdentity:
        """Who holds this app token; e-mails and name are those that Privy has now.

        They come from the identity token where the app issues one, else from Privy's API with the app secret; without
        either there are none. Raises PrivyRefused, PrivyUnreachable.
        """
        self.refresh_soon()
        access = PrivyToken.read(token, self._app_id)
        access.require_access_token()
        await self._prove(access)
        accounts = await self._from_identity_token(identity_token, access.did) if identity_token else None
        if accounts is None:
            accounts = await self._asked_once(access.did)
        return PrivyIdentity(
            did=access.did,
            session_id=access.session_id,
            token_expires_at=access.expires_at,
            emails=accounts.emails,
            name=accounts.name,
            has_wallet=accounts.has_wallet,
        )

    async def create_wallet(self, did: str) -> None:
        """Make an embedded wallet unless the person has one by now. Raises PrivyRefused, PrivyUnreachable."""
        try:
            # An identity token leaves accounts out when it grows too long: only this answer is complete.
            user = await self._api.user(did)
            if not LinkedAccounts.parse(user.get("linked_accounts")).has_wallet:
                await self._api.create_wallet(did)
        except NoAppSecret:
            raise PrivyRefused("no_app_secret", "wallets are made with the Privy app secret, and none is set") from None
        except PrivyApiRefused as error:
            raise PrivyRefused("wallet_refused", str(error)) from None
        except ValueError as error:
            raise PrivyUnreachable(f"Privy's answer is not usable: {error}") from None

    async def warm(self) -> None:
        """Public keys and configuration into memory; what fails is logged and tried again when it is needed."""
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm())
        await asyncio.shield(self._warming)

    def refresh_soon(self) -> None:
        """Ask for the configuration in the background when the known one is old; for whoever is about to use it."""
        due = not 0 <= self._clock() - self._config_from < CONFIG_FRESH_FOR
        if due and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self._warm())

    async def close(self) -> None:
        """End what is under way in the background."""
        tasks = [*self._asking.values(), *([self._warming] if self._warming is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _warm(self) -> None:
        # Noted first: while Privy is down one question a minute is enough.
        self._config_from = self._clock() - CONFIG_FRESH_FOR + CONFIG_RETRY_AFTER
        keys, config = await asyncio.gather(self._warm_keys(), self._warm_config(), return_exceptions=True)
        for what, outcome in (("public keys", keys), ("configuration", config)):
            if isinstance(outcome, (PrivyUnreachable, PrivyApiRefused, KeysUnavailable)):
                logger.warning("Privy's %s could not be fetched: %s", what, outcome)
            elif isinstance(outcome, BaseException):
                raise outcome

    async def _warm_keys(self) -> None:
        # No such key without a name: there is more than one, and they are at hand now all the same.
        with contextlib.suppress(UnknownKey):
            await self._keys.key(self._api.jwks_uri, None, "ES256")

    async def _warm_config(self) -> None:
        document = await self._api.config_document()
        try:
            self._config = PrivyAppConfig.parse(document, self._app_id)
        except ValueError as error:
            raise PrivyUnreachable(f"the answer is {error}") from None
        self._config_from = self._clock()
        self._store_config(document)

    async def _prove(self, token: PrivyToken) -> None:
        """The signature, then the times: words about a wrong clock are only for what Privy really signed."""
        try:
            key = await self._keys.key(self._api.jwks_uri, token.kid, "ES256")
        except UnknownKey:
            raise PrivyRefused("token_invalid", "Privy has no key of the name that the token gives") from None
        except KeysUnavailable as error:
            raise PrivyUnreachable(f"Privy's public keys are not at hand: {error}") from None
        token.check_signature(key)
        token.check_times(self._clock())

    async def _from_identity_token(self, text: str, did: str) -> LinkedAccounts | None:
        """None when the token is old: what it says may not be so any more."""
        token = PrivyToken.read(text, self._app_id)
        if token.did != did:
            raise PrivyRefused("other_person", "the identity token belongs to another person")
        accounts = accounts_of(token)
        try:
            await self._prove(token)
        except PrivyRefused as error:
            if error.code != "token_expired":
                raise
            return None
        return accounts

    async def _asked_once(self, did: str) -> LinkedAccounts:
        """From Privy's API, with one question at a time about one person: whoever sends a token again and again must
        not use up the connections and what Privy allows this app."""
        task = self._asking.get(did)
        if task is None:
            task = self._asking[did] = asyncio.create_task(self._from_api(did))
            task.add_done_callback(lambda done: self._asked(did, done))
        # Shielded: one caller that leaves does not take the answer from the others.
        return await asyncio.shield(task)

    def _asked(self, did: str, task: asyncio.Task[LinkedAccounts]) -> None:
        self._asking.pop(did, None)
        if not task.cancelled():
            task.exception()  # Retrieved here, since everybody who waited for it may have gone away.

    async def _from_api(self, did: str) -> LinkedAccounts:
        try:
            user = await self._api.user(did)
            self._secret_refused = False
            return LinkedAccounts.parse(user.get("linked_accounts"))
        except NoAppSecret:
            # The status says so all the time.
            return LinkedAccounts()
        except ValueError as error:
            raise PrivyUnreachable(f"Privy's answer is not usable: {error}") from None
        except PrivyApiRefused as error:
            if error.status == 404:
                raise PrivyRefused("user_gone", "Privy does not know this person any more") from None
            # A wrong secret leaves people without e-mails, so that lists admit fewer of them, never more.
            logger.error("Privy did not say who somebody is: %s. Is the Privy app secret right?", error)
            self._secret_refused = True
            return LinkedAccounts()

    def _stored_config(self) -> PrivyAppConfig | None:
        try:
            return PrivyAppConfig.parse(json.loads(self._file.read_bytes()), self._app_id)
        except (OSError, ValueError, RecursionError):
            return None

    def _store_config(self, document: Any) -> None:
        # Only a copy of what everybody may read: a failure costs nothing but the next start's first page.
        partial = self._file.with_suffix(".partial")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial.write_text(json.dumps(document), encoding="utf-8")
            os.replace(partial, self._file)
        except (OSError, ValueError) as error:
            logger.info("Privy's configuration could not be stored: %s", error)
