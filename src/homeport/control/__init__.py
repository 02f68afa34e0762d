"""The control listener and its client: how this computer's own programs talk to the running Homeport.

Nothing here can be reached through the public listener.
"""
