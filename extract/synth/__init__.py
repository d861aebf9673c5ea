"""Demo sessions with exact truth, rendered offline from public-domain assets."""
