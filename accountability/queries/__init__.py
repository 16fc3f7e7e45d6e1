"""What one page shows, filled from several querysets; one topic a file."""
