"""The official label files of corpora as one sheet a corpus."""
