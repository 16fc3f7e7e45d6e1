"""What turns the browser's strings into values; one topic a file."""
