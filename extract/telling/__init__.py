"""What whoever watches a command is told: people at a terminal, log files of jobs, programs."""
