"""COVAREP's 74 columns in NumPy and SciPy: one file a group, written from the papers."""
