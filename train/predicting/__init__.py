"""Prediction of new sessions by all the fits of a run."""
