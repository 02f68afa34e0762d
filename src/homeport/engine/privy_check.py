"""Asks Privy whether an app id and secret are right, and whether people could sign in at an origin. Stores nothing."""

from __future__ import annotations

from homeport.engine.protocol import FindingLine, MethodLine, PrivyCheck
from homeport.errors import PrivyAway, SettingsError
from homeport.foreign_text import clean
from homeport.network import Network
from homeport.outbound import http_client
from homeport.people.privy_api import NoAppSecret, PrivyApi, PrivyApiRefused, PrivyUnreachable
from homeport.people.privy_setup import check_setup
from homeport.settings import values

_DASHBOARD = "https://dashboard.privy.io, the app's Configuration > App settings > Basics"


async def check_privy(app_id: str, secret: str, *, client_id: str, origin: str, network: Network) -> PrivyCheck:
    """What Privy says about this app at this origin (`https://home.example.com`, or "" while it is not known).

    `client_id` may be empty. An app that Privy does not know, and a wrong secret, are findings. Raises SettingsError
    for what can be no app id, and PrivyAway when Privy cannot be asked.
    """
    try:
        values.identifier(app_id)
    except ValueError:
        raise SettingsError(
            "This is no Privy app id.", hint="It has letters and digits only: copy it from Privy's dashboard."
        ) from None
    async with http_client(network) as http:
        api = PrivyApi(app_id, lambda: secret, http, client_id or None)
        try:
            try:
                config = await api.config()
            except PrivyApiRefused as refused:
                return _unknown_app(app_id, client_id, refused)
            credentials_ok = await api.check_secret()
        except NoAppSecret:
            credentials_ok = False
        except (PrivyUnreachable, PrivyApiRefused) as error:
            raise PrivyAway(
                f"Privy could not be asked whether the app id and the secret are right: {error}.",
                hint="Look whether this computer reaches https://api.privy.io, and try again.",
            ) from None
    setup = check_setup(config, origin, client_id=client_id or None)
    findings = [FindingLine(f.what, f.where, f.fix, f.blocking) for f in setup.findings]
    if not credentials_ok:
        findings.insert(0, _wrong_secret(setup.app_name))
    return PrivyCheck(
        app_name=setup.app_name,
        credentials_ok=credentials_ok,
        methods=[MethodLine(m.name, m.label, m.offered, m.reason) for m in setup.methods],
        findings=findings,
        ok=credentials_ok and setup.ok,
    )


def _wrong_secret(app_name: str) -> FindingLine:
    return FindingLine(
        what=f"Privy does not accept this secret for the app {app_name}.",
        where=_DASHBOARD,
        fix="Copy the app secret again; where nobody has it any more, make a new one there.",
        blocking=True,
    )


def _unknown_app(app_id: str, client_id: str, refused: PrivyApiRefused) -> PrivyCheck:
    """Privy did not show the configuration: the app id is wrong, or the app client's."""
    if refused.code == "missing_or_invalid_privy_client_id":
        finding = FindingLine(
            what=f"Privy does not know the app client {clean(client_id)} of the app {clean(app_id)}.",
            where="Homeport's setting privy_client_id",
            fix="Correct it, or leave it out: it belongs to one app only.",
            blocking=True,
        )
    else:
        finding = FindingLine(
            what=f"Privy does not know an app with the id {clean(app_id)} ({refused}).",
            where=_DASHBOARD,
            fix="Copy the app id again.",
            blocking=True,
        )
    return PrivyCheck("", False, [], [finding], ok=False)
