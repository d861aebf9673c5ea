"""Readers of corpora: which sessions a path holds, and which file plays which part."""
