"""Sockets and the web server around them, for the public and the control listener alike.

It knows addresses, ports and uvicorn; it must not know what is served.
"""

from __future__ import annotations

from homeport.listening.limits import HEAD_BYTES
from homeport.listening.server import AsgiApp, Listener, Message, Receive, Send, access_log
from homeport.listening.sockets import LOOPBACK, bind, bind_or_move, holder_of, ipv6_exists, port_of

__all__ = [
    "HEAD_BYTES",
    "LOOPBACK",
    "AsgiApp",
    "Listener",
    "Message",
    "Receive",
    "Send",
    "access_log",
    "bind",
    "bind_or_move",
    "holder_of",
    "ipv6_exists",
    "port_of",
]
