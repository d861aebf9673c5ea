"""Feature files of other programs that lie in a session folder, each read as a track."""
