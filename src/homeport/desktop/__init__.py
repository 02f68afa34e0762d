"""Homeport in front of a person: tray icon, clipboard, notifications, start at login.

Shows what the Engine says and hands it what was chosen; decides nothing about who gets in.
"""
