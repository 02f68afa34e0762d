"""The tests. `uv run python -m tests` sets up what they need and runs them."""
