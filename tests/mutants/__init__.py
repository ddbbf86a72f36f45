"""Break the code on purpose, a guarantee at a time, and see that a test notices: ``python -m tests.mutants``.

A mutant is a small, plausible mistake: an epoch that is not compared, an order turned round, a bound that is off by
one. The ``.toml`` files beside this list them by area, each with the guarantee it breaks and the tests that must fail.
"""
