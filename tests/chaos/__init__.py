"""Everything is killed at random while thousands of operations run; afterwards the books are checked.

``python -m tests.chaos --help``. The same seed gives the same schedule of faults.
"""
