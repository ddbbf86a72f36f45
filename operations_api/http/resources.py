"""What the handlers share: the registry, and the connections that the lifespan opens and closes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from operations_api.changes import Changes, Watch
from operations_api.domain.errors import SettingsError
from operations_api.domain.registry import Registry
from operations_api.http.auth import Authenticator
from operations_api.http.in_flight import InFlight
from operations_api.http.limits import Limits
from operations_api.http.rate_limit import RateLimit
from operations_api.http.redis_scripts import RedisScripts
from operations_api.http.retry_after import SAMPLES, Advice, Measured
from operations_api.metrics import Metrics
from operations_api.otlp import tracer_of_environment
from operations_api.places import Places
from operations_api.queue import Queue
from operations_api.settings import Settings
from operations_api.store.api_keys import ApiKeys
from operations_api.store.definitions import remember_once_migrated
from operations_api.store.operation_tokens import OperationTokens
from operations_api.store.operator import Operators
from operations_api.store.own_ids import OwnIds
from operations_api.store.recent_bodies import RecentBodies
from operations_api.store.schedules import Schedules
from operations_api.store.store import Store
from operations_api.store.tenant_limits import TenantLimits
from operations_api.store.webhook_deliveries import WebhookDeliveries
from operations_api.store.webhook_events import WebhookEvents
from operations_api.store.webhook_receivers import WebhookReceivers

if TYPE_CHECKING:
    from operations_api.http.issuer import Issuer


class Resources:
    """One per application. The connections are there from ``open`` to ``close``."""

    store: Store
    own_ids: OwnIds
    operators: Operators
    webhook_deliveries: WebhookDeliveries
    webhook_receivers: WebhookReceivers
    webhook_events: WebhookEvents
    recent_bodies: RecentBodies
    schedules: Schedules
    operation_tokens: OperationTokens
    authenticator: Authenticator
    limits: Limits
    places: Places
    rate_limit: RateLimit
    in_flight: InFlight
    queue: Queue
    changes: Changes
    watch: Watch

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self.settings = settings
        self.registry = registry
        self.meter = Metrics()
        self.tracer = tracer_of_environment("operations-api")
        self.advice = Advice()
        self.issuer = issuer_of(settings)

    async def open(self) -> None:
        """Connect. Raises ``StoreUnavailable``, and ``DefinitionError`` for steps changed without a new version.

        Redis need not be there.
        """
        database_url, redis_url = self.settings.database_url, self.settings.redis_url
        assert database_url is not None, "whoever starts the application has found or started both servers"
        assert redis_url is not None
        self.store = await Store.open(database_url, pool_size=self.settings.pool_size, meter=self.meter)
        self.own_ids = OwnIds(self.store.pool, self.meter)
        self.operators = Operators(self.store.pool)
        self.webhook_deliveries = WebhookDeliveries(self.store.pool)
        self.webhook_receivers = WebhookReceivers(self.store.pool)
        self.webhook_events = WebhookEvents(self.store.pool)
        self.recent_bodies = RecentBodies(self.store, self.meter)
        self.schedules = Schedules(self.store.pool)
        self.operation_tokens = OperationTokens(self.store.pool)
        await remember_once_migrated(self.store.pool, self.registry)
        await self._learn_durations()
        self.authenticator = Authenticator(ApiKeys(self.store.pool).find, self.issuer)
        await self._open_limits(redis_url)
        self.queue = await Queue.open(redis_url)
        self.changes = Changes(redis_url)
        self.watch = Watch(redis_url, self.store.get, self.store.get_versions)
        self.watch.open()

    def stop_waiting(self) -> None:
        """Let nobody wait any longer. May be called from any thread, and before ``open``."""
        if hasattr(self, "watch"):
            self.watch.release()

    async def _open_limits(self, redis_url: str) -> None:
        own = TenantLimits(self.store.pool)
        self.limits = Limits(self.settings, own.list)
        self._scripts = RedisScripts(redis_url)
        self.rate_limit = RateLimit(self._scripts)
        self.in_flight = InFlight(self._scripts, own.count_in_flight)
        await self.limits.open()
        self.places = Places(lambda tenant: self.limits.of(tenant).weight, self.store.head_of_queue)

    async def _learn_durations(self) -> None:
        kept = {name: each.retention(self.settings.retention_days) for name, each in self.registry.current.items()}
        seconds = {name: int(retention.total_seconds()) for name, retention in kept.items()}
        found = await self.store.recent_durations(seconds, SAMPLES)
        self.advice.learn(Measured(*each) for each in reversed(found))

    async def close(self) -> None:
        """Let nobody wait any longer, finish what was submitted, disconnect."""
        await self.watch.close()
        if self.issuer is not None:
            await self.issuer.close()
        await self.limits.close()
        await self.places.close()
        await self._scripts.close()
        await self.queue.close()
        await self.changes.close()
        await self.own_ids.drain()
        await self.store.close()
        await asyncio.to_thread(self.tracer.close)


def issuer_of(settings: Settings) -> Issuer | None:
    """The issuer whose tokens are believed. Raises ``SettingsError`` when what checks them is not installed."""
    if settings.jwt_jwks is None:
        return None
    try:
        from operations_api.http.issuer import Issuer

        return Issuer(settings)
    except ImportError as error:
        raise SettingsError(
            f"OPERATIONS_JWT_JWKS: tokens cannot be checked without {error.name or error}; "
            "install operations-api with its extra jwt: pip install 'operations-api[jwt]'."
        ) from None
