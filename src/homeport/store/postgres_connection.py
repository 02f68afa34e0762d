"""Where the PostgreSQL server is, how we connect, and what its errors mean. Must not show
a password or a row's values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from homeport.errors import StoreError
from homeport.foreign_text import clean

Connection = psycopg.Connection[dict[str, Any]]
CONFLICTS = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
"""What a work meets when another one was there first; it may run again."""

_DEFAULTS: dict[str, str | int] = {
    "application_name": "homeport",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    # Seconds. A server that vanished without a word is noticed after about ten.
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    # Milliseconds.
    "tcp_user_timeout": 10_000,
}


@dataclass(frozen=True, slots=True)
class Place:
    """A server and a database on it."""

    parameters: dict[str, Any] = field(repr=False)
    description: str

    @classmethod
    def parse(cls, url: str) -> Place:
        """Raises StoreError, which does not quote the URL."""
        try:
            given = conninfo_to_dict(url)
        except psycopg.Error:
            given = {}
        if not given:
            raise StoreError(
                "The PostgreSQL URL cannot be understood.", hint="Write postgresql://user:password@host:5432/name."
            )
        host = given.get("host") or "localhost"
        port = f":{given['port']}" if given.get("port") else ""
        database = given.get("dbname") or given.get("user") or ""
        return cls({**_DEFAULTS, **given}, f"{host}{port}/{database}")


class _NumberLoader(Loader):
    """sum() of BIGINT is NUMERIC: an int again, as SQLite gives it."""

    def load(self, data: bytes | bytearray | memoryview) -> int | float:
        number = Decimal(bytes(data).decode())
        return int(number) if number == number.to_integral_value() else float(number)


def connect(place: Place) -> Connection:
    """A connection on which transactions are begun and ended by us alone. Raises StoreError."""
    try:
        connection = psycopg.connect(**place.parameters, autocommit=True, row_factory=dict_row)
    except (psycopg.Error, OSError) as error:
        # libpq says here what it could not reach or who refused it; it never repeats the password.
        failure = clean(str(error), 300)
    else:
        connection.adapters.register_loader("numeric", _NumberLoader)
        return connection
    raise StoreError(
        f"PostgreSQL at {place.description} cannot be reached: {failure}",
        hint="Check that the server runs, and the database URL.",
    )


def explain(error: psycopg.Error, place: Place) -> StoreError:
    """What a person reads. PostgreSQL's text is shown only where it cannot quote a value."""
    state = error.sqlstate or ""
    if state == "53100":
        return StoreError(f"The disk of PostgreSQL at {place.description} is full.", hint="Make room and try again.")
    if state == "25006":
        return StoreError(f"PostgreSQL at {place.description} is read only.", hint="Use the primary server's address.")
    if isinstance(error, (psycopg.IntegrityError, psycopg.ProgrammingError)):
        return StoreError(f"The database refused a statement: {error.diag.message_primary or type(error).__name__}.")
    if isinstance(error, psycopg.OperationalError):
        return StoreError(
            f"PostgreSQL at {place.description} does not answer ({type(error).__name__}).",
            hint="Check that the server runs and can be reached; Homeport connects again by itself.",
        )
    return StoreError(f"The database refused a statement: {type(error).__name__} {state}.")
