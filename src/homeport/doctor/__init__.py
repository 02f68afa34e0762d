"""Asks a public URL what ChatGPT would ask, and names the hop that fails and its fix."""
