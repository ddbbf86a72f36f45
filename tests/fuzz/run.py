"""One run: so many conversations of a kind, from a seed; what fails is made as small as it can be."""

from __future__ import annotations

from hypothesis import HealthCheck, given, seed, settings

from tests.fuzz.conversations import KINDS
from tests.fuzz.target import Target


def run(target: Target, kind: str, number: int, conversations: int) -> None:
    """Fail with the smallest conversation that the service does not bear; ``target.last`` is that one then."""
    target.refresh()

    @seed(number)
    @settings(
        max_examples=conversations,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(KINDS[kind])
    def the_service_bears(conversation: bytes) -> None:
        target.bears(conversation)

    the_service_bears()
    target.is_unharmed()
