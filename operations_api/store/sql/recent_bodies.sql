-- name: lock_body
-- What this body has started, or was to start if nothing has. Who comes at the same time waits until that is decided.
insert into recent_bodies as b (tenant, type, fingerprint, operation_id, until)
values ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
on conflict (tenant, type, fingerprint) do update set until = b.until
returning operation_id, until > clock_timestamp() as is_recent;

-- name: replace_body
-- The window is over, or the operation is gone: the body starts another one.
update recent_bodies
set operation_id = $4, until = clock_timestamp() + make_interval(secs => $5)
where tenant = $1 and type = $2 and fingerprint = $3;

-- name: bind_another_key
-- One more key of an operation that was started with the same body.
insert into idempotency_keys (tenant, type, key, fingerprint, operation_id)
values ($1, $2, $3, $4, $5)
on conflict do nothing
returning operation_id;
