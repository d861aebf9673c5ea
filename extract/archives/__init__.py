"""Archives as folders: zip, tar and tar.gz, read where they lie and never unpacked."""
