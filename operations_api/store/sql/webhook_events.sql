-- name: keep_event
-- An event that started nothing.
insert into webhook_events (tenant, source, event_id, type, body, reason)
values ($1, $2, $3, $4, $5::json, $6)
on conflict (tenant, source, event_id) do update set reason = excluded.reason;
