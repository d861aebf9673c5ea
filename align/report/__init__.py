"""The page of a training set: its sessions, what they were made of, and who was left out."""
