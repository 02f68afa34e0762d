"""How ChatGPT, and web pages, reach this computer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from homeport.settings import values
from homeport.settings.about import About, Group, Port


class PublicUrl(Group):
    public_url: Annotated[
        str,
        AfterValidator(values.https_or_empty),
        About(
            label="Public URL",
            help="The https address under which ChatGPT reaches this computer; means the tunnel is fixed.",
            expects="an https address without a path, such as https://homeport.example.com",
            applies="tunnel",
            example="https://homeport.example.com",
        ),
    ] = ""
    tunnel: Annotated[
        Literal["auto", "none", "ngrok", "cloudflared", "ssh", "fixed"],
        About(
            label="Tunnel",
            help="How the public URL comes about: ngrok (a free account's token is all it needs), cloudflared (when it "
            "is installed), ssh (a server of your own), fixed (a tunnel or proxy of your own), none, or auto: fixed "
            "with public_url, else ngrok on a desktop and none for `homeport serve`.",
            expects="auto, none, ngrok, cloudflared, ssh or fixed",
            applies="tunnel",
            example="ngrok",
        ),
    ] = "auto"
    ngrok_domain: Annotated[
        str,
        AfterValidator(values.host_or_empty),
        About(
            label="ngrok domain",
            help="Domain of your ngrok account to use; empty means the account's own, which stays the same.",
            expects="a host name such as careful-heron-42.ngrok-free.dev",
            applies="tunnel",
            example="careful-heron-42.ngrok-free.dev",
        ),
    ] = ""
    cloudflared_url: Annotated[
        str,
        AfterValidator(values.https_or_empty),
        About(
            label="URL of your Cloudflare tunnel",
            help="The https address of your named Cloudflare tunnel, whose token is set with "
            "`homeport secrets set cloudflared`; without both, cloudflared gives a new address at each start.",
            expects="an https address without a path, such as https://homeport.example.com",
            applies="tunnel",
            example="https://homeport.example.com",
        ),
    ] = ""
    ssh_server: Annotated[
        str,
        AfterValidator(values.ssh_server),
        About(
            label="SSH server",
            help="The server of your own that tunnel ssh connects to, with the keys and known hosts of your ssh.",
            expects="user@host or user@host:port",
            applies="tunnel",
            example="homeport@example.com",
        ),
    ] = ""
    ssh_public_url: Annotated[
        str,
        AfterValidator(values.https_or_empty),
        About(
            label="Public URL of the SSH server",
            help="The https address that the web server there leads to ssh_remote_port.",
            expects="an https address without a path, such as https://homeport.example.com",
            applies="tunnel",
            example="https://homeport.example.com",
        ),
    ] = ""
    ssh_remote_port: Annotated[
        Port,
        About(
            label="Port on the SSH server",
            help="Port on that server, on its loopback address, at which Homeport answers there.",
            expects="a whole number from 0 to 65535",
            applies="tunnel",
            example="3002",
        ),
    ] = 3002
    allowed_origins: Annotated[
        tuple[str, ...],
        AfterValidator(values.browser_origins),
        About(
            label="Web pages that may call Homeport",
            help="Web pages, beside those on this computer, that may call Homeport from a browser.",
            expects="a list of origins such as https://inspector.example.com, in lower case and without a path",
            applies="listener",
            example="https://inspector.example.com",
            option="allowed-origin",
        ),
    ] = ()
