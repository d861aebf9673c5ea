"""The facial track: landmarks, head pose, gaze and action units under OpenFace names."""
