"""How fast, how large, how quick to start: ratios within one run, never a timed test."""
