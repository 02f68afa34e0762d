"""Secrets: the OS keyring first, then environment variables, then a private file. Never silently, never in a log."""

from __future__ import annotations

from homeport.vault.vault import Vault, open_vault

__all__ = ["Vault", "open_vault"]
