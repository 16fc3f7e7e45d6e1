"""Spreadsheets on their way in: read safely, each cell judged, each row compared with what is stored.

`workbook` and `spreadsheet` read files, `roster` and `organizations` judge rows from plain values, `roster_changes`
and `organization_changes` compare them with the database, `problems` is the vocabulary of everything wrong.
Writing is in `actions.imports`.
"""
