"""What changes rows of responsibility: one verb a function, keyword-only, one transaction, with its trail."""
