"""Scoring schemes as files: `words` writes one value as a clerk would, `parameters` those of a rule; `columns` are the
sheets, put together by `reading` and made by `writing`; `toml` is the other format, `drafts` says what is wrong with the
whole. `fact_cells` and `fact_sheets` do the same for the facts of a round. Nothing here knows the database.
"""
