"""One session, seen and heard beside what was measured of it: a page served to this machine only."""
