"""Nothing that one tenant asks for touches what is another's."""

from __future__ import annotations

import pytest

from . import factory
from .factory import TENANT

CHANGES = {
    "cancel": lambda store, id: store.cancel(TENANT, id),
    "delete": lambda store, id: store.delete(TENANT, id),
    "relabel": lambda store, id: store.relabel(TENANT, id, {"mine": "now"}),
}


@pytest.mark.parametrize("status", ["pending", "running", "needs_attention", "succeeded", "failed"])
@pytest.mark.parametrize("change", CHANGES)
async def test_another_tenants_operation_is_not_changed_whatever_its_status(store, connection, change, status):
    row = await factory.operation(connection, tenant="globex", status=status)
    assert (await CHANGES[change](store, row["id"])).operation is None
    assert dict(await connection.fetchrow("select * from operations")) == dict(row)
