"""Folders at a URL: what ``fsspec`` reaches, listed once, fetched file by file, written to."""
