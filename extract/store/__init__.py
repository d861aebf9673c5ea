"""The transactional folder that every stage writes to: place, atomic, key, manifest, lock."""
