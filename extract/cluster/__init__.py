"""Sessions on the workers of a dask cluster, handed out and supervised from here."""
