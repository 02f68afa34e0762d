"""The table `widget_pages`: what was served under each address of a widget. Nobody else reads or writes it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from homeport.store import Transaction

KEPT = 50
"""Pages of one widget."""

KEPT_SECONDS = 90 * 24 * 3600
"""Since a page was last served."""


@dataclass(frozen=True, slots=True)
class ServedPage:
    """One page under one address; `digest` is the part of the address that changes."""

    name: str
    digest: str
    html: str = field(repr=False)
    meta: Mapping[str, Any] = field(repr=False)


def keep(tx: Transaction, path: str, page: ServedPage, *, now: int) -> None:
    """Note that the page is served now, and drop what is too old or too much."""
    if touch(tx, path, page.name, page.digest, now=now):
        return
    tx.execute(
        "INSERT INTO widget_pages (path, name, digest, html, meta, served_at)"
        " VALUES (:path, :name, :digest, :html, :meta, :now)"
        " ON CONFLICT (path, name, digest) DO UPDATE SET served_at = :now",
        path=path,
        name=page.name,
        digest=page.digest,
        html=base64.b64encode(zlib.compress(page.html.encode())).decode(),
        meta=json.dumps(page.meta),
        now=now,
    )
    tx.execute("DELETE FROM widget_pages WHERE served_at < :oldest", oldest=now - KEPT_SECONDS)
    tx.execute(
        "DELETE FROM widget_pages WHERE path = :path AND name = :name AND digest <> :digest AND digest NOT IN"
        " (SELECT digest FROM widget_pages WHERE path = :path AND name = :name AND digest <> :digest"
        " ORDER BY served_at DESC, digest LIMIT :others)",
        path=path,
        name=page.name,
        digest=page.digest,
        others=KEPT - 1,
    )


def touch(tx: Transaction, path: str, name: str, digest: str, *, now: int) -> bool:
    """Whether there is such a page; if so, it is served now."""
    return bool(
        tx.execute(
            "UPDATE widget_pages SET served_at = :now WHERE path = :path AND name = :name AND digest = :digest",
            path=path,
            name=name,
            digest=digest,
            now=now,
        )
    )


def find(tx: Transaction, path: str, name: str, digest: str) -> ServedPage | None:
    row = tx.one(
        "SELECT html, meta FROM widget_pages WHERE path = :path AND name = :name AND digest = :digest",
        path=path,
        name=name,
        digest=digest,
    )
    if row is None:
        return None
    html = zlib.decompress(base64.b64decode(row["html"])).decode()
    return ServedPage(name, digest, html, json.loads(row["meta"]))
