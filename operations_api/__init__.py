"""The vocabulary of definitions: everything a module with operations of your own imports.

>>> from operations_api import Action, Context, Definition, Pivot, Registry, Reject, Retry, Step
"""

from operations_api.domain.context import Context
from operations_api.domain.definition import Definition
from operations_api.domain.errors import Reject, Retry
from operations_api.domain.registry import Registry
from operations_api.domain.step import Action, Pivot, Step

__all__ = ["Action", "Context", "Definition", "Pivot", "Registry", "Reject", "Retry", "Step"]
