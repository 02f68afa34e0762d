"""The OAuth 2.1 authorization server: clients, authorization requests, consent, grants, tokens and their endpoints."""
