"""``depx doctor``: what this machine lacks, and the command that mends it."""
