"""Training set in, run out."""
