"""What one can ask of an engine: each question goes to the room that knows, and comes back as plain data.

How an engine lives is in `engine`; what the owner decides about people is in `person_decisions`.
"""

from __future__ import annotations

from abc import abstractmethod

from homeport.clock import Clock
from homeport.engine import answers, person_decisions
from homeport.engine.dashboard_questions import DashboardQuestions
from homeport.engine.protocol import (
    ApprovalPreview,
    Approved,
    BackendKeyInfo,
    ClientSummary,
    DoctorReport,
    GrantSummary,
    InvitationSummary,
    Invited,
    PendingRequest,
    PersonSummary,
    PrivyCheck,
    Removal,
    SecretSummary,
    WaitingHost,
)
from homeport.engine.rooms import Rooms, Seams
from homeport.engine.secrets import SecretRegister, reference_variables
from homeport.engine.self_check import SelfCheck
from homeport.errors import NotFoundError
from homeport.origins import Origins
from homeport.people import invitations


class Questions(DashboardQuestions):
    """The EngineMethods that need the open rooms. All raise HomeportError before the first start."""

    origins: Origins
    _clock: Clock
    _seams: Seams
    _self_check: SelfCheck

    @property
    @abstractmethod
    def rooms(self) -> Rooms: ...

    async def pending(self) -> list[PendingRequest]:
        waiting = await self.rooms.auth.sign_in.pending()
        return [answers.pending_request(*one, now=self._clock()) for one in waiting]

    async def preview_approval(self, code: str) -> ApprovalPreview:
        return answers.preview(await self.rooms.auth.sign_in.preview(code), now=self._clock())

    async def approve(
        self, code: str, *, who: str, read_only: bool, consent_in_browser: bool, other_network: bool
    ) -> Approved:
        decision = answers.decision(who, read_only, consent_in_browser, other_network)
        return answers.approved(*await self.rooms.auth.sign_in.approve(code, decision))

    async def deny(self, number: int | None) -> int:
        return await self.rooms.auth.sign_in.deny(number)

    async def clients(self) -> list[ClientSummary]:
        return await answers.clients(self.rooms, self._clock())

    async def hosts(self) -> list[WaitingHost]:
        found = await self.rooms.auth.clients.hosts()
        return [WaitingHost(h.host, h.client, h.asked_at, h.allowed_at) for h in found]

    async def allow_host(self, host: str) -> None:
        await self.rooms.auth.clients.allow_host(host)

    async def withdraw_host(self, host: str) -> None:
        await self.rooms.auth.clients.withdraw_host(host)

    async def people(self) -> list[PersonSummary]:
        return await answers.people(self.rooms, self._clock())

    async def invite(self, email: str) -> Invited:
        return await person_decisions.invite(self.rooms, email, self._clock())

    async def invitations(self) -> list[InvitationSummary]:
        found = await self.rooms.database.transaction(invitations.all_invitations)
        return [InvitationSummary(invitation.email, invitation.invited_at) for invitation in found]

    async def block_person(self, who: str) -> PersonSummary:
        return await person_decisions.block(self.rooms, who, self._clock())

    async def unblock_person(self, who: str) -> PersonSummary:
        return await person_decisions.unblock(self.rooms, who, self._clock())

    async def preview_removal(self, who: str) -> Removal:
        return await person_decisions.preview_removal(self.rooms, who, self._clock())

    async def remove_person(self, who: str) -> Removal:
        return await person_decisions.remove(self.rooms, who, self._clock())

    async def grants(self) -> list[GrantSummary]:
        return await answers.grants(self.rooms, self._clock())

    async def revoke_grant(self, grant_id: str) -> None:
        if not await self.rooms.auth.exchanges.revoke_grant(grant_id, "revoked by the owner"):
            raise NotFoundError(f"No live grant has the id {grant_id!r}.", hint="`homeport grants` lists them.")

    async def secrets(self) -> list[SecretSummary]:
        return self._secrets().all()

    async def set_secret(self, name: str, value: str, *, confirmed: bool = False) -> None:
        await self._secrets().set(name, value, confirmed=confirmed)

    async def delete_secret(self, name: str, *, confirmed: bool = False) -> None:
        await self._secrets().delete(name, confirmed=confirmed)

    async def check_privy(self, app_id: str, secret: str) -> PrivyCheck:
        # Only where it is used: it takes a tenth of the start.
        from homeport.engine.privy_check import check_privy

        public = self.origins.public
        return await check_privy(
            app_id,
            secret,
            client_id=self.rooms.live.loaded.settings.privy_client_id,
            origin=public.url if public is not None else "",
            network=self._seams.network,
        )

    async def doctor(self, url: str) -> DoctorReport:
        return await self._self_check.doctor(url)

    async def backend_key(self) -> BackendKeyInfo:
        return self.rooms.backend.key_info(self.origins.preferred)

    def _secrets(self) -> SecretRegister:
        return SecretRegister(self.rooms.vault, variables=reference_variables(self._seams.environ))
