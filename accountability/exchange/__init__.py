"""Templates as files: `values` reads one value, `drafts` says what is wrong with the whole, `spreadsheet` and `toml`
are the two formats. Nothing here knows the database; writing is in `actions.template_exchange`.
"""
