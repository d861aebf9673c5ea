"""A mesh as a head: landmarks, pose, gaze, eyes, proportions."""
