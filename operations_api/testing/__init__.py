"""A test kit for definitions of your own: are their handlers idempotent, and do they give back what they took?

>>> await check_definition(PLACE_ORDER, OrderInput(...), ledger=what_is_held_and_paid, connection=connection)

The engine calls a handler again when a worker died around the call, and rolls back what nobody knows the outcome of.
``check_definition`` lets simulated workers die at every point of every call and compares your books with those of the
undisturbed run. See docs/testing-definitions.md.
"""

from operations_api.testing.check import Checked, check_definition
from operations_api.testing.findings import WrongHandlers

__all__ = ["Checked", "WrongHandlers", "check_definition"]
