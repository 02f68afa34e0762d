"""What is written about the settings elsewhere, made from the table: `.env.example` and `docs/settings.md`.

Run `python -m homeport.settings.documents` in the checkout to write both again.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from homeport.settings.model import Setting, table

APPLIES = {
    "now": "at once",
    "listener": "when the public listener starts again",
    "tunnel": "when the tunnel starts again",
    "app": "when the app is loaded again",
    "restart": "when Homeport starts again",
}


def env_example() -> str:
    """The text of .env.example: every setting, commented out, with its meaning."""
    lines = [
        "# Settings of Homeport as environment variables, for a container or a service (docker compose's env_file).",
        "# Generated from the table of settings. All are optional; what is commented out has its default.",
    ]
    for group, rows in _grouped():
        lines += ["", f"## {group}"]
        for row in rows:
            lines += ["", f"# {row.about.help}", f"# {row.environment}={row.about.example}"]
    lines += [
        "",
        "## Secrets where there is no keyring: HOMEPORT_SECRET_<NAME>, see `homeport status`",
        "",
        "# The secret of your Privy app",
        "# PRIVY_APP_SECRET=",
        "",
        "# A signing key of your own: both halves as base64 of the PEM text",
        "# JWT_PRIVATE_KEY=",
        "# JWT_PUBLIC_KEY=",
    ]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """The text of docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Homeport needs none. Each can be given in five places; the last one that says something wins:",
        "",
        "1. the default,",
        "2. `homeport.toml` in the data folder,",
        "3. `homeport.toml` in the app folder,",
        "4. an environment variable,",
        "5. an option of `homeport` or `homeport serve`.",
        "",
        "An unknown key or a wrong value stops Homeport with a message that names the place and the fix.",
    ]
    for group, rows in _grouped():
        lines += ["", f"## {group}"]
        for row in rows:
            lines += ["", f"### {row.name}", "", row.about.help, "", *_facts(row)]
    lines += [
        "",
        "## Names of the reference implementation",
        "",
        "`PORT`, `SERVER_BASE_URL` (the public URL), `BACKEND_API_URL` (the backend URL), `PRIVY_APP_ID` (with",
        "`VITE_PRIVY_APP_ID`, which must be the same), `PRIVY_APP_SECRET` and `JWT_PRIVATE_KEY` with `JWT_PUBLIC_KEY`",
        "(base64 PEM, a pair) work too; a `HOMEPORT_` name wins over them. `NODE_ENV` is not used.",
        "",
        "A `.env` file with them is not read. `homeport secrets import .env` takes it over: its secrets go into the",
        "keyring, its choices into `homeport.toml`.",
    ]
    return "\n".join(lines) + "\n"


def _facts(row: Setting) -> list[str]:
    facts = [
        f"- must be {row.about.expects}",
        f"- option `{row.option}`, environment `{row.environment}`",
        f"- a change counts {APPLIES[row.about.applies]}",
    ]
    if row.default not in (None, "", ()):
        default = str(row.default).lower() if isinstance(row.default, bool) else row.default
        facts.insert(1, f"- default: `{default}`")
    if row.about.secret:
        facts.append("- may hold a password: never shown, and better in the environment than in an option")
    return facts


def _grouped() -> list[tuple[str, list[Setting]]]:
    return [(group, list(rows)) for group, rows in groupby(table().values(), key=lambda row: row.group)]


def main(root: Path) -> None:
    (root / ".env.example").write_text(env_example(), encoding="utf-8")
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs" / "settings.md").write_text(settings_page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
