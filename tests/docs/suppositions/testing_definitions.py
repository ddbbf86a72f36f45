# the page supposes a definition of the reader's, with books in these tables
from examples.place_order import PLACE_ORDER, OrderInput
