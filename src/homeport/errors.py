"""What a person reads when something went wrong. Protocol errors live in auth/errors.py, tool errors in apps/errors.py.

HomeportError                 code, title, message, hint
|- SettingsError              a setting is unknown, of the wrong type, or contradicts another
|- VaultError                 the keyring or its fallback
|  |- UnfitSecret             what was given cannot be the secret of this name
|  |- KeyringLocked           the keyring waits for a password
|  |- KeyringTimeout          the keyring did not answer in time
|  |- KeyringRefused          the backend would lose secrets or store them in plain text
|- StoreError                 the database
|  |- DatabaseTooNew          written by a newer Homeport
|  |- MigrationFailed         a migration did not run; the copy made before it is intact
|- AlreadyRunning             another Homeport uses this data folder
|- NotRunning                 a command needs a running Homeport and there is none
|- PortTaken                  another program listens where we must
|- TunnelError                the public URL is not usable
|- AppError                   the app folder could not be loaded: file, line and cause
|- WidgetMissing              a widget has no page: which file, and what to do
|  |- WidgetNotBuiltYet       its first build still runs
|- ToolchainError             what builds widgets cannot be installed or started
|- BundleError                the browser bundles are missing or were not built
|- BrowserMissing             there is no browser that a test could open a widget in
|- ProjectError               a new project cannot be written there, or under this name
|- ApprovalError              an answer to a waiting request
|  |- WrongCode               no waiting request shows this code
|  |- ApprovingPaused         too many wrong codes in a row
|  |- OtherNetwork            the browser is on another network and nobody confirmed that
|  |- NoSuchRequest           no waiting request has this number
|  |- NoSuchCall              no call of a tool that waits has this number
|  |- CallChanged             what is to be allowed is not the call that was shown
|- EmailError                 what was typed is no e-mail address
|- SeveralPeople              more than one person is called that
|- ConfirmationNeeded         this would end what people rely on, and nobody has said yes to that
|- PrivyAway                  Privy cannot be asked
|- WrongPrivyApp              Privy does not know this app, or not with this secret
|- FolderError                a folder cannot be looked into
|- NotFoundError              no such client, person, grant or host
"""

from __future__ import annotations


class HomeportError(Exception):
    """An error a person reads: `message` says what happened and to what, `hint` what to do next."""

    code = "error"
    title = "Homeport could not do this"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class SettingsError(HomeportError):
    code = "settings"
    title = "A setting is wrong"


class VaultError(HomeportError):
    code = "vault"
    title = "The keyring cannot be used"


class UnfitSecret(VaultError):
    code = "unfit_secret"
    title = "This cannot be that secret"


class KeyringLocked(VaultError):
    code = "keyring_locked"
    title = "The keyring is locked"


class KeyringTimeout(VaultError):
    code = "keyring_timeout"
    title = "The keyring does not answer"


class KeyringRefused(VaultError):
    code = "keyring_refused"
    title = "This keyring is not safe for keys"


class StoreError(HomeportError):
    code = "store"
    title = "The database cannot be used"


class DatabaseTooNew(StoreError):
    code = "database_too_new"
    title = "The database belongs to a newer Homeport"


class MigrationFailed(StoreError):
    code = "migration_failed"
    title = "The database could not be brought up to date"


class AlreadyRunning(HomeportError):
    code = "already_running"
    title = "Homeport runs already"


class NotRunning(HomeportError):
    code = "not_running"
    title = "Homeport does not run"


class PortTaken(HomeportError):
    code = "port_taken"
    title = "The port is taken"


class TunnelError(HomeportError):
    code = "tunnel"
    title = "The public URL cannot be used"


class AppError(HomeportError):
    code = "app"
    title = "The app could not be loaded"


class WidgetMissing(HomeportError):
    code = "widget_missing"
    title = "A widget has no page"


class WidgetNotBuiltYet(WidgetMissing):
    code = "widget_not_built_yet"
    title = "A widget is still being built"


class ToolchainError(HomeportError):
    code = "toolchain"
    title = "Widgets cannot be built here"


class BundleError(HomeportError):
    code = "bundle"
    title = "The pages for the browser are missing"


class BrowserMissing(HomeportError):
    code = "browser_missing"
    title = "There is no browser for this"


class ProjectError(HomeportError):
    code = "project"
    title = "The project was not written"


class ApprovalError(HomeportError):
    code = "approval"
    title = "This request cannot be answered"


class WrongCode(ApprovalError):
    code = "wrong_code"
    title = "No waiting request shows this code"


class ApprovingPaused(ApprovalError):
    code = "approving_paused"
    title = "Approving is paused"


class OtherNetwork(ApprovalError):
    code = "other_network"
    title = "The browser is on another network"


class NoSuchRequest(ApprovalError):
    code = "no_such_request"
    title = "No such waiting request"


class NoSuchCall(ApprovalError):
    code = "no_such_call"
    title = "No such waiting call"


class CallChanged(ApprovalError):
    code = "call_changed"
    title = "This is not the call that was shown"


class EmailError(HomeportError):
    code = "email"
    title = "The address cannot be used"


class SeveralPeople(HomeportError):
    code = "several_people"
    title = "Several people are called that"


class ConfirmationNeeded(HomeportError):
    code = "confirmation_needed"
    title = "This needs your yes"


class PrivyAway(HomeportError):
    code = "privy_away"
    title = "Privy cannot be reached"


class WrongPrivyApp(HomeportError):
    code = "wrong_privy_app"
    title = "The Privy app or its secret is wrong"


class FolderError(HomeportError):
    code = "folder"
    title = "The folder cannot be looked into"


class NotFoundError(HomeportError):
    code = "not_found"
    title = "Not found"
