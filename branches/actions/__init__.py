"""What changes rows: one verb a function, keyword-only, one transaction, state checked here, with its trail."""
