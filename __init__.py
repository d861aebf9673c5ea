"""depx: from interview video, audio and transcripts to word-aligned features and judged models."""
