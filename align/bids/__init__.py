"""A feature store as a BIDS dataset: the brain imaging data structure, without a brain image."""
