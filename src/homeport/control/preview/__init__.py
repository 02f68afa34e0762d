"""The preview: an app's widgets as ChatGPT would show them, on this computer only and without ChatGPT."""

from __future__ import annotations

from homeport.control.preview.preview import Preview, PreviewedEngine

__all__ = ["Preview", "PreviewedEngine"]
