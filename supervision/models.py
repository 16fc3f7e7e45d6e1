"""Rows of supervision; the readings it computes are stored one floor down, in `accountability.models.readings`."""
