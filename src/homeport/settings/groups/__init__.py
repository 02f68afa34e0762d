"""The settings, one file for each group: its fields with their words."""
