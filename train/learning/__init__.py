"""How any network of depx learns: settings, schedule, epochs, heads, losses, checkpoints."""
