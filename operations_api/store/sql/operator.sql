-- name: lock_operation
-- An operation for a person to act on. FOR UPDATE waits until a local handler's transaction is over.
select *, clock_timestamp() as claimed_at
from operations
where tenant = $1 and id = $2 and deleted_at is null
for update;

-- name: hand_over
-- What a person decided: the epoch fences whoever still holds something, and any worker may go on at once.
update operations
set status = case
        when cancel_requested_at is not null and $3::text is distinct from 'commit' then 'canceling'
        else 'running'
    end,
    decision = $3,
    phase = case when $3::text is null and phase = 'queued' then phase else $4 end,
    failure = $5::json,
    blocked = null,
    started_at = coalesce(started_at, greatest(created_at, clock_timestamp())),
    ready = true,
    next_wake_at = null,
    lease_epoch = lease_epoch + 1,
    lease_owner = null,
    lease_expires_at = null,
    lost_leases = 0,
    version = version + 1,
    updated_at = greatest(updated_at, clock_timestamp())
where tenant = $1 and id = $2
returning *;

-- name: restate_steps
-- The journals of these steps as a person left them.
update operation_steps as s
set state = r.state,
    attempts = r.attempts,
    doubt = r.doubt,
    call_ends_at = null,
    retry_at = null,
    blocked_at = null,
    resolved_as = r.resolved_as,
    updated_at = clock_timestamp()
from unnest($3::smallint[], $4::text[], $5::int[], $6::text[], $7::text[]) as r (
    position, state, attempts, doubt, resolved_as
)
where s.tenant = $1 and s.operation_id = $2 and s.position = r.position;

-- name: close_operation
-- The end, whatever is held.
update operations
set status = 'failed',
    phase = 'finished',
    error = $3::json,
    blocked = null,
    started_at = coalesce(started_at, greatest(created_at, clock_timestamp())),
    finished_at = greatest(created_at, started_at, clock_timestamp()),
    expires_at = greatest(created_at, started_at, clock_timestamp()) + make_interval(secs => retention_seconds),
    ready = false,
    waits_for_room = false,
    next_wake_at = null,
    lease_epoch = lease_epoch + 1,
    lease_owner = null,
    lease_expires_at = null,
    version = version + 1,
    updated_at = greatest(updated_at, clock_timestamp())
where tenant = $1 and id = $2
returning *;

-- name: record_action
-- Who did what, and why.
insert into operator_actions (tenant, operation_id, verb, step, actor, evidence)
values ($1, $2, $3, $4, $5, $6::json);
