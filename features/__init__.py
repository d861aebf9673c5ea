"""What is computed: arrays in, a track out.  Knows no session and no command line."""
