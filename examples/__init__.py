"""Worked definitions on a real ledger: what the quick start runs, what the tests use, and what to copy from.

``place_order.py`` is the one to read first, ``transfer_funds.py`` the smallest. ``ledger/`` is what they write to,
``seed.py`` fills it.
"""

from examples.adjust_price import ADJUST_PRICE
from examples.charge_card import CHARGE_CARD
from examples.import_statement import IMPORT_STATEMENT
from examples.place_order import PLACE_ORDER
from examples.probe import PROBE
from examples.transfer_funds import TRANSFER_FUNDS
from operations_api import Registry

registry = Registry([PLACE_ORDER, CHARGE_CARD, TRANSFER_FUNDS, ADJUST_PRICE, IMPORT_STATEMENT, PROBE])
