"""Judging a run: what its predictions are worth, how sure that is, and for whom."""
