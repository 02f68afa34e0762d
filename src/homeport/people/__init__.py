"""Who signs in and who may enter. Knows no HTTP: the authorization server asks."""
