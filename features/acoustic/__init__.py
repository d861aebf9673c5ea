"""Acoustic tracks: low-level descriptors of the voice every 10 ms."""
