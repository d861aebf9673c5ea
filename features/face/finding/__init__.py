"""Where faces are and who is who: pictures in, meshes with identities out."""
