"""The yardstick for submitting: Django with one view that inserts the same rows and does nothing else."""
