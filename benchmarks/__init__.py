"""Measures this service beside others that do the same work, on one machine, in one run: `make bench`.

`runner.py` takes the systems in turn, round after round; `figures.py` says what is measured of one; `load.py` is the
client, a process of its own; `systems/` has one module for each system, `apps/` the programs of the others;
`report.py` writes docs/performance.md and `charts.py` its pictures, both from `results/*.json`.
"""
