"""Request in, response out: door, rows, form, action, page; one topic a file."""
