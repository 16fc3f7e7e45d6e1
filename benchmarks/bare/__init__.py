"""The yardstick for submitting: one bare view beside the product's, which inserts the same rows and does nothing else."""
