"""Comparing runs: every difference with its interval and its test, on the cases they share."""
