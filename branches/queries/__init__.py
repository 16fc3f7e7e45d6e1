"""Fills one page from several querysets; returns dataclasses; one topic a file."""
