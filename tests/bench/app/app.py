"""The tool that every measured server offers."""

from homeport import App

app = App("Bench")


@app.tool(effect="read")
async def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b
