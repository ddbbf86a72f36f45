"""The guarantees, one module for each part of the contract; `contract.py` puts them together."""
