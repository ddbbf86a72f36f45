-- name: keep_event
-- An event that started nothing.
insert into webhook_events (tenant, source, event_id, type, body, reason)
values ($1, $2, $3, $4, $5::json, $6)
on conflict (tenant, source, event_id) do update set reason = excluded.reason;

-- name: newest_events
-- What has started nothing, the newest first; of one tenant and of one source, or of any.
select tenant, source, event_id, type, body, reason, received_at
from webhook_events
where ($1::text is null or tenant = $1) and ($2::text is null or source = $2)
order by received_at desc
limit $3;
