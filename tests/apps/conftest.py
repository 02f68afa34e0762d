"""The fixtures of this folder's tests."""

from __future__ import annotations

from tests.apps.building import toolchain

__all__ = ["toolchain"]
