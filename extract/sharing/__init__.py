"""What may leave the machine: pseudonyms, label columns, sources, and stores made of these only."""
