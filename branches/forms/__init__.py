"""Turns the strings of the browser into values; one topic a file."""
