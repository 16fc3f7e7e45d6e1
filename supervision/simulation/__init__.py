"""Synthetic life for the demo and the benchmarks: fictional people and places, seeded, repeatable.

`names` and `city` invent who there is, `character` how diligent each is, `life` what they therefore do in a month,
`writer` turns that into rows in bulk. Nothing here is used by the product itself.
"""
