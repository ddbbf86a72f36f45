"""The contract as a list of sections: here the modules of `cases` are put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from operations_api.conformance.cases import (
    access,
    operation_tokens,
    own_ids,
    parsing,
    rate,
    service_info,
    whole_run,
)
from operations_api.conformance.cases.changing import changing
from operations_api.conformance.cases.events import events
from operations_api.conformance.cases.idempotency import idempotency
from operations_api.conformance.cases.listing import listing
from operations_api.conformance.cases.operation import operation
from operations_api.conformance.cases.polling import polling
from operations_api.conformance.cases.refusals import refusals
from operations_api.conformance.cases.routes import routes
from operations_api.conformance.cases.starting import starting
from operations_api.conformance.section import Case, Section

SECTIONS: Final[Sequence[Section]] = (
    routes, operation, starting, idempotency, polling, changing, listing, events, refusals,
)  # fmt: skip
"""The sections of the contract that can be seen from outside, each with its cases."""

FURTHER: Final = (access, operation_tokens, own_ids, parsing, rate, service_info, whole_run)
"""Modules that add to a section of another: importing them is what adds their cases."""


def cases_of(numbers: Sequence[int] = ()) -> list[Case]:
    """The cases of these sections; of all, when none is named."""
    return [case for section in SECTIONS if not numbers or section.number in numbers for case in section.cases]
