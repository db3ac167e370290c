"""Stage 6: what the user sees. One file a format; each is a function of a report and nothing else."""
