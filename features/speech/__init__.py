"""Voice activity, and the times of words."""
