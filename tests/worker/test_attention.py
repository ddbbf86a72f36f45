"""When a person should know: after ten failures of what is called again for ever."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from operations_api.domain.execution import Execution, StepRecord
from operations_api.domain.failure import Failure
from worker.entry import ATTENTION_AFTER_ATTEMPTS, stuck_steps

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ERROR = msgspec.Raw(msgspec.json.encode(Failure("RETRY", "not now")))


@pytest.mark.parametrize("under_way", [False, True])
@pytest.mark.parametrize("failures", [ATTENTION_AFTER_ATTEMPTS - 1, ATTENTION_AFTER_ATTEMPTS])
def test_ten_failures_and_not_nine_need_attention(failures: int, under_way: bool) -> None:
    step = StepRecord(
        position=0, key="funds", kind="step", effect="external", state="committing", handler="commit", error=ERROR,
        attempts=failures + under_way, call_ends_at=NOW if under_way else None,
    )  # fmt: skip
    stuck = stuck_steps(committing(step))
    assert stuck == ([step] if failures == ATTENTION_AFTER_ATTEMPTS else [])


def committing(step: StepRecord) -> Execution:
    return Execution(
        tenant="acme", id=UUID(int=1), type="pay", epoch=1, decision="commit", cancel_requested=False, deadline=None,
        failure=None, steps=(step,), traits=(),
    )  # fmt: skip
