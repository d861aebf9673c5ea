"""``report.html`` of a run: what was learnt, how good it was, and what speaks against it."""
