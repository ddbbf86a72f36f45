"""A command's work on the database: the one that is set, or the embedded one."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from operations_api.store.connection import Pool

T = TypeVar("T")


def on_database(use: Callable[[Pool], Awaitable[T]]) -> T:
    """Call ``use`` with a pool. Raises ``StoreUnavailable`` where Postgres refuses, and ``SettingsError``."""
    from operations_api.database import run_on_database, with_pool
    from operations_api.embedded.servers import connect_or_start
    from operations_api.settings import Settings

    with connect_or_start(Settings.from_environment(os.environ)) as settings:
        return run_on_database(with_pool(settings.database_url, use))
