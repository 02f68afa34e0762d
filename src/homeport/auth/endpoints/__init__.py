"""The HTTP face of the authorization server: reads requests, calls the rooms behind it, writes answers."""
