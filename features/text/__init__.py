"""Tokens of a transcript, windows of one role, and their vectors."""
