"""Measures the product under a real PostgreSQL and Valkey and writes docs/benchmarks.md: `make bench`.

`BENCH=small` is a quick try with small worlds; `DIVISIONS=/path/divisions.csv.gz` adds the real tree of divisions.
"""
