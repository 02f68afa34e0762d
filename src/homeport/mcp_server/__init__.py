"""The MCP endpoint of one app: both eras, stateless, over the SDK's kernel. The only room that imports `mcp`."""
