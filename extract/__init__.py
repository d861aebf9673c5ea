"""Session folders in, feature store out."""
