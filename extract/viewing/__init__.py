"""One session, seen and heard beside what was measured of it, served to this machine only."""
