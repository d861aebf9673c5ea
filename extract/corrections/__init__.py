"""Known errors of corpora: the table of them, and what mends transcripts and labels by it."""
