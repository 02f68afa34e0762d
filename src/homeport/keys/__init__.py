"""Keys: the ones we sign with, and the public ones of others."""
