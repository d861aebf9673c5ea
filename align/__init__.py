"""Feature store in, training set out."""
