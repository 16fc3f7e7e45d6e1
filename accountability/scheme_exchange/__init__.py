"""Scoring schemes as files: `words` writes one value as a clerk would, `parameters` those of a rule, `spreadsheet` and
`toml` are the two formats, `drafts` says what is wrong with the whole. Nothing here knows the database.
"""
