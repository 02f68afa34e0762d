"""What a signal means: the first Ctrl+C or SIGTERM asks for a clean stop, the second ends the process at once."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

Handler = Callable[[int, FrameType | None], None]

ONE_WISH_SECONDS = 0.2 if getattr(sys, "frozen", False) else 0.0
"""One Ctrl+C comes twice to the program of one file: from the terminal, and from its own parent, which passes it on.

Nobody presses it twice so fast.
"""


@contextlib.contextmanager
def stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop`, in the main thread, for the first signal. In any other thread this does nothing: see below."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopping = _First(stop)
    with _handled(lambda number, _: stopping.heard(number)):
        yield


@contextlib.contextmanager
def stop_on_signals_behind_a_loop(stop: Callable[[], None]) -> Iterator[None]:
    """The same where the main thread is inside a desktop's own loop, and runs no Python when a signal comes.

    `stop` is called in a thread of its own.
    """
    stopping = _First(stop)
    ours, python = socket.socketpair()
    python.setblocking(False)

    def read() -> None:
        with ours:
            while numbers := ours.recv(64):
                for number in numbers:
                    stopping.heard(number)

    threading.Thread(target=read, name="signals", daemon=True).start()
    # Python must have a handler of its own for a signal to be written down; what it does is done by the reader.
    before = signal.set_wakeup_fd(python.fileno(), warn_on_full_buffer=False)
    try:
        with _handled(lambda number, frame: None):
            yield
    finally:
        signal.set_wakeup_fd(before)
        python.close()


class _First:
    """Tells the first signal from the second."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._first_at = math.inf

    def heard(self, number: int) -> None:
        # A terminal that closes says so several times, through the shell and through uv: that is one wish, not two.
        if time.monotonic() - self._first_at >= ONE_WISH_SECONDS and number != getattr(signal, "SIGHUP", None):
            os._exit(128 + number)
        self._first_at = min(self._first_at, time.monotonic())
        self._stop()


@contextlib.contextmanager
def _handled(handler: Handler) -> Iterator[None]:
    handled = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup stays nohup
        handled.append(signal.SIGHUP)
    before = {number: signal.signal(number, handler) for number in handled}
    if hasattr(signal, "SIGTTIN"):
        # Reading a terminal from the background must fail, and not stop the server.
        before[signal.SIGTTIN] = signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)


def end_at_once(code: int = 1) -> NoReturn:
    """End without waiting for threads or tasks; what was acknowledged is in the database already."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)
