"""The same figures on databases with a past: `make bench-growth`.

`stock.py` loads operations as they lie there after a month, `parts.py` says what is measured of them, and how,
`report.py` writes the section of docs/performance.md, `plans.py` looks at how each hot statement is planned.
"""
