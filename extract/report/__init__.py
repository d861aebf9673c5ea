"""The page of a store: what its sessions hold, what may be wrong with them, and when."""
