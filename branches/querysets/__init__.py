"""Which rows: chainable, one topic a file."""
