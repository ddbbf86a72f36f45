-- additive: yes
-- Webhooks that are settled, events that started nothing and secrets that are over go after a while: each is found by an
-- index that holds nothing else. Webhooks that are due are found receiver by receiver, so that nobody waits for a
-- receiver of somebody else; all of an operation go with it.

create index webhooks_lanes
    on webhooks (tenant, coalesce(endpoint_id, '00000000-0000-0000-0000-000000000000'), next_attempt_at)
    where next_attempt_at is not null;
create index webhooks_by_operation on webhooks (tenant, operation_id);
create index webhooks_newest on webhooks (tenant, created_at, id);
create index webhooks_delivered on webhooks (delivered_at) where delivered_at is not null;
create index webhooks_dead on webhooks (dead_at) where dead_at is not null;
create index webhook_events_received on webhook_events (received_at);
create index webhook_secrets_expired on webhook_secrets (expires_at) where expires_at is not null;
