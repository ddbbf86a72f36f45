# the page shows parts of a definition; these are the others
from typing import Any

from examples.ledger.money import FundsHold, FundsReceipt
from examples.place_order import ConfirmationEmail, Funds, OrderInput, OrderResult, Stock, order_result
from operations_api import Context, Definition, HttpStep, Step
