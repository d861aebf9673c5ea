"""Readers of transcripts, one file a format, recognised by content."""
