"""Action units: signs in skin and landmarks, rated against the own neutral face."""
