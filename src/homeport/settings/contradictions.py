"""Settings that are each right and do not go together. Names the source of the one that asks for what is missing."""

from __future__ import annotations

from collections.abc import Callable

from homeport.errors import SettingsError
from homeport.settings.model import Settings
from homeport.settings.searched_folder import own_home, why_not
from homeport.settings.sources import Source

WHO_MAY_SIGN_IN = (
    'Set people in homeport.toml, with HOMEPORT_PEOPLE or --people: "invite" (whom you invite by e-mail), e-mail '
    'addresses and domains such as alice@example.com,example.org, or "open" (everyone your Privy app admits).'
)


def refuse_contradictions(settings: Settings, source: Callable[[str], Source], *, serve: bool) -> None:
    """`source` tells where a setting was chosen. Raises SettingsError that names place and fix."""
    if settings.sign_in == "privy" and not settings.privy_app_id:
        raise SettingsError(
            f"{source('sign_in')}: sign_in is privy, but there is no privy_app_id.",
            hint="Run `homeport secrets set privy`, which asks for the app id and its secret; or give it with "
            "--privy-app-id or PRIVY_APP_ID.",
        )
    if settings.backend_auth == "privy" and settings.provider != "privy":
        fix = (
            f"{source('sign_in')} says sign_in is owner: set it to privy, or set backend_auth to assertion."
            if settings.sign_in == "owner"
            else "Set privy_app_id (`homeport secrets set privy`), or set backend_auth to assertion."
        )
        raise SettingsError(
            f"{source('backend_auth')}: backend_auth is privy, but nobody signs in with Privy.", hint=fix
        )
    if settings.backend_auth == "privy" and not settings.backend_url:
        raise SettingsError(
            f"{source('backend_auth')}: backend_auth is privy, but there is no backend_url to send Privy's tokens to.",
            hint="Set backend_url, for example --backend-url https://api.example.com, or leave backend_auth out.",
        )
    if settings.stay_signed_in and settings.backend_auth != "privy":
        raise SettingsError(
            f"{source('stay_signed_in')}: stay_signed_in keeps Privy's tokens for the backend, but backend_auth is "
            f"{settings.backend_auth}.",
            hint="Set backend_auth to privy, or leave stay_signed_in out.",
        )
    if settings.privy_create_wallet != "off" and not settings.privy_app_id:
        raise SettingsError(
            f"{source('privy_create_wallet')}: privy_create_wallet is {settings.privy_create_wallet}, but there is no "
            "privy_app_id.",
            hint="Set privy_app_id (`homeport secrets set privy`), or leave privy_create_wallet out.",
        )
    if settings.tunnel == "ssh" and not (settings.ssh_server and settings.ssh_public_url):
        missing = "ssh_public_url" if settings.ssh_server else "ssh_server"
        raise SettingsError(
            f"{source('tunnel')}: tunnel is ssh, but there is no {missing}.",
            hint="Say which server to connect to and which address leads to it, for example --ssh-server "
            "homeport@example.com --ssh-public-url https://homeport.example.com",
        )
    if serve and settings.provider == "privy" and not settings.people:
        raise SettingsError(
            f"People sign in with Privy ({source('privy_app_id')}), but who of them may enter is not set.",
            hint=WHO_MAY_SIGN_IN,
        )
    _refuse_folder(settings, source)


def _refuse_folder(settings: Settings, source: Callable[[str], Source]) -> None:
    if settings.folder is None:
        return
    reason = why_not(settings.folder, data_dir=settings.data_dir, home=own_home())
    if reason:
        raise SettingsError(
            f"{source('folder')}: this folder cannot be opened to ChatGPT. {reason}",
            hint="Choose a folder with your own texts, such as ~/Documents/notes.",
        )
    if settings.provider == "privy" and settings.people == ("open",):
        raise SettingsError(
            f"{source('folder')}: folder opens {settings.folder} to all people who may sign in, and people is open: "
            "that is everyone your Privy app admits.",
            hint='Set people to "invite", or to addresses and domains; or leave folder out.',
        )
