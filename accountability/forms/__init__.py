"""The browser's strings into values; one topic a file."""
