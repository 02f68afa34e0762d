"""The table of settings: one frozen model that drives options, environment names, .env.example, docs and checks.

A new setting is one field here and nothing else. Nothing is read here: see `load`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo

from homeport.settings import values
from homeport.settings.folders import find_data_dir

Applies = Literal["now", "listener", "tunnel", "app", "restart"]
"""When a changed setting takes effect: at once, or when this part of Homeport starts again."""

RuleSetting = Literal["allow", "ask", "block"]


@dataclass(frozen=True, slots=True)
class About:
    """What a person reads about a setting. `expects` completes the sentence "must be ..."."""

    help: str
    expects: str
    group: str
    applies: Applies
    example: str
    secret: bool = False
    option: str = ""
    """The name of the command-line option where it is not the setting's own (`--rule` for `rules`)."""
    placeholder: str = ""
    """What stands for the value in `--help` where its kind alone does not say it."""
    one_text: bool = False
    """A list that one text in homeport.toml may stand for."""


def _default_data_dir() -> Path:
    return find_data_dir(None, {}, Path.cwd())


Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseModel):
    """Everything a person can choose. Build it with `load_settings`; tests may build it directly."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[
        str,
        About(
            help="Address the public listener binds; 0.0.0.0 in a container.",
            expects="an IP address",
            group="Listeners",
            applies="listener",
            example="127.0.0.1",
        ),
    ] = "127.0.0.1"
    port: Annotated[
        Port,
        About(
            help="Port of the public listener, the only thing a tunnel may reach; 0 takes a free one.",
            expects="a whole number from 0 to 65535",
            group="Listeners",
            applies="listener",
            example="3002",
        ),
    ] = 3002
    control_port: Annotated[
        Port,
        About(
            help="Port of the dashboard and the command line, on this computer only; 0 takes a free one.",
            expects="a whole number from 0 to 65535",
            group="Listeners",
            applies="restart",
            example="3003",
        ),
    ] = 3003
    data_dir: Annotated[
        Path,
        About(
            help="Folder of the database and homeport.toml.",
            expects="a folder",
            group="Data",
            applies="restart",
            example="/var/lib/homeport",
        ),
    ] = Field(default_factory=_default_data_dir)
    database_url: Annotated[
        str,
        Field(repr=False),
        AfterValidator(values.known_database),
        About(
            help="Database of several replicas; empty means a SQLite file in the data folder.",
            expects="empty, or an address that begins with sqlite:/// or postgresql://",
            group="Data",
            applies="restart",
            example="postgresql://homeport@db.example.com/homeport",
            secret=True,
        ),
    ] = ""
    ephemeral: Annotated[
        bool,
        About(
            help="Let `homeport serve` keep its SQLite file where it does not survive a restart of the container.",
            expects="true or false",
            group="Data",
            applies="restart",
            example="true",
        ),
    ] = False
    public_url: Annotated[
        str,
        AfterValidator(values.https_or_empty),
        About(
            help="The https address under which ChatGPT reaches this computer; means the tunnel is fixed.",
            expects="an https address without a path, such as https://homeport.example.com",
            group="Public URL",
            applies="tunnel",
            example="https://homeport.example.com",
        ),
    ] = ""
    tunnel: Annotated[
        Literal["auto", "none", "ngrok", "cloudflared", "ssh", "fixed"],
        About(
            help="How the public URL comes about: ngrok (a free account's token is all it needs), cloudflared (when it "
            "is installed), ssh (a server of your own), fixed (a tunnel or proxy of your own), none, or auto: fixed "
            "with public_url, else ngrok on a desktop and none for `homeport serve`.",
            expects="auto, none, ngrok, cloudflared, ssh or fixed",
            group="Public URL",
            applies="tunnel",
            example="ngrok",
        ),
    ] = "auto"
    ngrok_domain: Annotated[
        str,
        AfterValidator(values.host_or_empty),
        About(
            help="Domain of your ngrok account to use; empty means the account's own, which stays the same.",
            expects="a host name such as careful-heron-42.ngrok-free.dev",
            group="Public URL",
            applies="tunnel",
            example="careful-heron-42.ngrok-free.dev",
        ),
    ] = ""
    cloudflared_url: Annotated[
        str,
        AfterValidator(values.https_or_empty),
        About(
            help="The https address of your named Cloudflare tunnel, whose token is set with "
            "`homeport secrets set cloudflared`; without both, cloudflared gives a new address at each start.",
            expects="an https address without a path, such as https://homeport.example.com",
            group="Public URL",
            applies="tunnel",
            example="https://homeport.example.com",
        ),
    ] = ""
    ssh_server: Annotated[
        str,
        AfterValidator(values.ssh_server),
        About(
            help="The server of your own that tunnel ssh connects to, with the keys and known hosts of your ssh.",
            expects="user@host or user@host:port",
            group="Public URL",
            applies="tunnel",
            example="homeport@example.com",
        ),
    ] = ""
    ssh_public_url: Annotated[
        str,
        AfterValidator(values.https_or_empty),
        About(
            help="The https address that the web server there leads to ssh_remote_port.",
            expects="an https address without a path, such as https://homeport.example.com",
            group="Public URL",
            applies="tunnel",
            example="https://homeport.example.com",
        ),
    ] = ""
    ssh_remote_port: Annotated[
        Port,
        About(
            help="Port on that server, on its loopback address, at which Homeport answers there.",
            expects="a whole number from 0 to 65535",
            group="Public URL",
            applies="tunnel",
            example="3002",
        ),
    ] = 3002
    allowed_origins: Annotated[
        tuple[str, ...],
        AfterValidator(values.browser_origins),
        About(
            help="Web pages, beside those on this computer, that may call Homeport from a browser.",
            expects="a list of origins such as https://inspector.example.com, in lower case and without a path",
            group="Public URL",
            applies="listener",
            example="https://inspector.example.com",
            option="allowed-origin",
        ),
    ] = ()
    sign_in: Annotated[
        Literal["auto", "owner", "privy"],
        About(
            help="How people sign in: owner (the person at this computer types the code the browser shows), privy "
            "(with an account of your Privy app), or auto (privy when privy_app_id is set).",
            expects="auto, owner or privy",
            group="People",
            applies="restart",
            example="owner",
        ),
    ] = "auto"
    people: Annotated[
        tuple[str, ...],
        BeforeValidator(values.people_from_text),
        AfterValidator(values.people),
        About(
            help="Who may sign in with Privy: invite (whom you invite by e-mail, or let in when they ask), open "
            "(everyone your Privy app admits), or e-mail addresses, domains and Privy DIDs. Unset means invite on a "
            "desktop; `homeport serve` needs it said.",
            expects="invite, open, or a list of e-mail addresses, domains such as example.com and Privy DIDs",
            group="People",
            applies="now",
            example="alice@example.com,example.org",
            placeholder="WHO",
            one_text=True,
        ),
    ] = ()
    privy_app_id: Annotated[
        str,
        AfterValidator(values.identifier),
        About(
            help="Id of your app at Privy. Its secret is set with `homeport secrets set privy`.",
            expects="an app id as Privy's dashboard shows it: letters and digits",
            group="People",
            applies="restart",
            example="cm0example0000000000000id",
        ),
    ] = ""
    privy_client_id: Annotated[
        str,
        AfterValidator(values.identifier),
        About(
            help="Id of an app client at Privy, where this computer's address has one of its own; may stay empty.",
            expects="a client id as Privy's dashboard shows it: letters, digits and hyphens",
            group="People",
            applies="restart",
            example="client-WY5exampleclientid",
        ),
    ] = ""
    privy_create_wallet: Annotated[
        Literal["off", "users-without-wallets"],
        About(
            help="Whether people who sign in with Privy and have no wallet get one.",
            expects="off or users-without-wallets",
            group="People",
            applies="restart",
            example="users-without-wallets",
        ),
    ] = "off"
    access_token_minutes: Annotated[
        int,
        Field(ge=0, le=1440),
        About(
            help="How long an access token lives; 0 means 12 hours on a desktop and 1 hour for `homeport serve`.",
            expects="a whole number from 0 to 1440",
            group="People",
            applies="now",
            example="60",
        ),
    ] = 0
    app: Annotated[
        Path | None,
        About(
            help="Folder with an app.py whose tools ChatGPT gets; without it, the current folder if it has app.py and "
            "homeport.toml, and else a list of items.",
            expects="a folder",
            group="Tools",
            applies="app",
            example="./recipes",
        ),
    ] = None
    folder: Annotated[
        Path | None,
        About(
            help="Folder whose text and Markdown files ChatGPT may search and read, never change: instead of the list "
            "of items, or beside an app at /folder/mcp.",
            expects="a folder",
            group="Tools",
            applies="now",
            example="~/Documents/notes",
        ),
    ] = None
    backend_url: Annotated[
        str,
        AfterValidator(values.backend_address),
        About(
            help="The API your tools call for the person who uses them.",
            expects="an http or https address without a name, password, query or fragment in it",
            group="Backend",
            applies="restart",
            example="https://api.example.com/v1",
        ),
    ] = ""
    backend_auth: Annotated[
        Literal["assertion", "privy", "none"],
        About(
            help="How the backend learns who the person is: assertion (a token of one minute, signed by Homeport), "
            "privy (the person's own Privy token), or none.",
            expects="assertion, privy or none",
            group="Backend",
            applies="restart",
            example="assertion",
        ),
    ] = "assertion"
    stay_signed_in: Annotated[
        bool,
        About(
            help="Keep Privy tokens alive here, encrypted, so that people need not sign in again each hour; only for "
            "backend_auth privy.",
            expects="true or false",
            group="Backend",
            applies="restart",
            example="true",
        ),
    ] = False
    rules: Annotated[
        Mapping[str, RuleSetting],
        AfterValidator(values.tool_names),
        About(
            help="What a tool may do whatever its scopes say: allow, ask (the owner sees each call and allows it, or "
            "not; with `homeport serve`, where nobody sits at the computer, this blocks) or block.",
            expects="tool names with allow, ask or block, such as add-item=ask",
            group="Tools",
            applies="now",
            example="add-item=block",
            option="rule",
        ),
    ] = Field(default_factory=dict)
    log_format: Annotated[
        Literal["text", "json"],
        About(
            help="Log lines for a person (text) or for a log collector (json).",
            expects="text or json",
            group="Logs",
            applies="restart",
            example="json",
        ),
    ] = "text"

    @property
    def provider(self) -> Literal["owner", "privy"]:
        """Who says who somebody is: `sign_in`, with auto decided."""
        if self.sign_in == "auto":
            return "privy" if self.privy_app_id else "owner"
        return self.sign_in

    @property
    def database(self) -> str:
        """The database address in use: `database_url`, or the SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'homeport.sqlite3').as_posix().lstrip('/')}"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: a field's name, its words for people, and how its values look."""

    name: str
    about: About
    choices: tuple[str, ...]
    shape: type
    """int, bool, str, Path, list or dict: what a value in homeport.toml is, folders being strings there."""
    default: object

    @property
    def environment(self) -> str:
        return f"HOMEPORT_{self.name.upper()}"

    @property
    def option(self) -> str:
        return f"--{self.about.option or self.name.replace('_', '-')}"


def table() -> dict[str, Setting]:
    """All settings by name, in the order of the model."""
    return {name: _row(name, field) for name, field in Settings.model_fields.items()}


def _row(name: str, field: FieldInfo) -> Setting:
    about = next(item for item in field.metadata if isinstance(item, About))
    annotation: Any = field.annotation
    origin = get_origin(annotation)
    choices: tuple[str, ...] = ()
    shape: type
    if origin is Literal:
        choices, shape = get_args(annotation), str
    elif origin is tuple:
        shape = list
    elif origin is Mapping:
        shape = dict
    elif annotation in (int, bool):
        shape = annotation
    elif annotation is Path or Path in get_args(annotation):
        shape = Path
    else:
        shape = str
    default = None if field.default_factory else field.default
    return Setting(name, about, choices, shape, default)
