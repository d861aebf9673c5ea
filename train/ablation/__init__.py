"""Ablations: a model taken apart, arm by arm, on the same folds and seeds, in one table."""
