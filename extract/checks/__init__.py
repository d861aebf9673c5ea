"""What may be wrong with a session, of what its store holds: a file a subject, all pure."""
