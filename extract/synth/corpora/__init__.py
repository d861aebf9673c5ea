"""Synthetic corpora in the formats of DAIC-WOZ, E-DAIC, CMDC, AVEC 2014 and D-Vlog."""
