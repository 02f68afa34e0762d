"""Where Homeport listens on this computer."""

from __future__ import annotations

from typing import Annotated

from homeport.settings.about import About, Group, Port


class Listeners(Group):
    host: Annotated[
        str,
        About(
            label="Address to listen on",
            help="Address the public listener binds; 0.0.0.0 in a container.",
            expects="an IP address",
            applies="listener",
            example="127.0.0.1",
        ),
    ] = "127.0.0.1"
    port: Annotated[
        Port,
        About(
            label="Public port",
            help="Port of the public listener, the only thing a tunnel may reach; 0 takes a free one.",
            expects="a whole number from 0 to 65535",
            applies="listener",
            example="3002",
        ),
    ] = 3002
    control_port: Annotated[
        Port,
        About(
            label="Dashboard port",
            help="Port of the dashboard and the command line, on this computer only; 0 takes a free one.",
            expects="a whole number from 0 to 65535",
            applies="restart",
            example="3003",
        ),
    ] = 3003
