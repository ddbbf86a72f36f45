-- name: write_journal
-- The outcome of one call and the intent of the next, for many operations at once; each guarded by its epoch alone.
-- `decide` is null, a decision, or 'guarded': then a cancel request or a passed deadline turns commit into rollback.
-- Step rows marked `on_commit` count only if the decision is commit. Writing the same entry again changes nothing
-- but the version, so an entry whose outcome is unknown may be repeated. Spans of time are seconds: a day of an interval
-- has 23 hours or 25 where the session's time zone changes its clock.
with entry as (
    select *
    from json_to_recordset($1) as e (
        tenant text, id uuid, epoch bigint, now timestamptz, status text, phase text, release_lease bool, gate bool,
        progressed bool, decide text, failure text, blocked text, progress text, message text, result text, error text,
        wake_at timestamptz, steps json
    )
    limit $2 -- as many as there are; else a hundred are expected, and a table that is new is read as a whole
),
decided as (
    select
        e.*, o.group_name,
        case
            when o.decision is not null and e.decide = 'guarded' then o.decision
            when e.decide = 'guarded' then case
                when o.cancel_requested_at is not null or o.deadline <= clock_timestamp() then 'rollback'
                else 'commit'
            end
            else coalesce(e.decide, o.decision)
        end as decision,
        -- whoever was told that the cancel is accepted sees "canceled", also where the worker has not heard of it yet
        e.status = 'failed' and o.cancel_requested_at is not null and e.error::json ->> 'effect' = 'none' as canceled
    from entry as e
    join operations as o on o.tenant = e.tenant and o.id = e.id
    where o.lease_epoch = e.epoch and o.phase <> 'finished' -- "finished_at is null" leads to an index of all of them
      -- the gate of a Pivot: its intent is written only while nobody has asked to turn back
      and not (e.gate and (o.cancel_requested_at is not null or coalesce(o.deadline <= clock_timestamp(), false)))
    order by o.tenant, o.id
    for no key update of o
),
-- Groups whose head may end here are locked in one order; see leave_group.
held as materialized (
    select
    from (
        select distinct tenant, group_name from decided where phase = 'finished' and group_name is not null order by 1, 2
    ) as d
    cross join lateral (
        select from operation_groups where tenant = d.tenant and name = d.group_name for update
    ) as g
),
moved as (
    update operations as o
    set status = case
            when d.canceled then 'canceled'
            when d.status = 'running' and o.cancel_requested_at is not null and d.decision is distinct from 'commit'
                then 'canceling'
            else d.status
        end,
        phase = case
            when d.decide = 'guarded' and d.phase <> 'finished' and d.decision = 'commit' then 'committing'
            when d.decide = 'guarded' and d.phase <> 'finished' then 'rolling_back'
            else d.phase
        end,
        decision = d.decision,
        failure = d.failure::json,
        blocked = d.blocked::json,
        -- a checkpoint says nothing of progress: what the handler reported stands
        progress = coalesce(d.progress::json, o.progress),
        message = case when d.progress is null then o.message else d.message end,
        result = d.result::json,
        error = case when d.canceled then $3::json else d.error::json end,
        finished_at = case when d.phase = 'finished' then greatest(o.started_at, clock_timestamp()) end,
        expires_at = case
            when d.phase = 'finished'
                then greatest(o.started_at, clock_timestamp()) + make_interval(secs => o.retention_seconds)
        end,
        -- a request to turn back that came while the worker was going to sleep wakes the operation at once
        ready = d.release_lease and d.phase <> 'finished' and d.decision is null
            and d.wake_at is not null and o.cancel_requested_at is not null,
        next_wake_at = case
            when d.phase = 'finished' then null
            when not d.release_lease then o.next_wake_at
            when d.decision is null and d.wake_at is not null and o.cancel_requested_at is not null then null
            -- a deadline turns back what has not begun its Pivot, and wakes nothing that waits for a person
            when d.decision is null and d.phase <> 'executing' and d.wake_at is not null
                then least(clock_timestamp() + make_interval(secs => extract(epoch from d.wake_at - d.now)), o.deadline)
            else clock_timestamp() + make_interval(secs => extract(epoch from d.wake_at - d.now))
        end,
        lease_owner = case when d.release_lease or d.phase = 'finished' then null else o.lease_owner end,
        lease_expires_at = case when d.release_lease or d.phase = 'finished' then null else o.lease_expires_at end,
        lost_leases = case when d.progressed then 0 else o.lost_leases end,
        version = o.version + 1,
        updated_at = greatest(o.updated_at, clock_timestamp())
    from decided as d
    where o.tenant = d.tenant and o.id = d.id and (select count(*) from held) >= 0
    returning o.tenant, o.id, o.status, o.phase, o.decision, o.version,
        o.cancel_requested_at is not null as cancel_requested, clock_timestamp() as written_at,
        d.now, d.steps
),
step as (
    select moved.tenant, moved.id as operation_id, moved.now, s.*
    from moved
    cross join lateral json_to_recordset(moved.steps) as s (
        position smallint, key text, kind text, effect text, state text, attempts int, doubt text, handler text,
        call_ends_at timestamptz, retry_at timestamptz, called_since timestamptz, reservation text, result text,
        error text, checkpoint text, blocked_at timestamptz, on_commit bool
    )
    where s.on_commit is null or moved.decision = 'commit'
),
journaled as (
    insert into operation_steps (
        tenant, operation_id, position, key, kind, effect, state, handler, attempts, doubt, call_ends_at, retry_at,
        called_since, reservation, result, error, checkpoint, blocked_at
    )
    select
        tenant, operation_id, position, key, kind, effect, state, handler, attempts, doubt,
        clock_timestamp() + make_interval(secs => extract(epoch from call_ends_at - now)),
        clock_timestamp() + make_interval(secs => extract(epoch from retry_at - now)),
        called_since, reservation::json, result::json, error::json, checkpoint::json, blocked_at
    from step
    on conflict (tenant, operation_id, position) do update set
        state = excluded.state,
        handler = excluded.handler,
        attempts = excluded.attempts,
        doubt = excluded.doubt,
        call_ends_at = excluded.call_ends_at,
        retry_at = excluded.retry_at,
        called_since = excluded.called_since,
        reservation = excluded.reservation,
        result = excluded.result,
        error = excluded.error,
        checkpoint = excluded.checkpoint,
        blocked_at = excluded.blocked_at,
        updated_at = clock_timestamp()
)
select tenant, id, status, phase, decision, version, cancel_requested, written_at from moved;

-- name: write_checkpoint
-- A cursor of a call under way, guarded by the epoch.
with held as (
    select tenant, id
    from operations
    where tenant = $1 and id = $2 and lease_epoch = $3 and finished_at is null
    for key share
)
update operation_steps as s
set checkpoint = $5::json, updated_at = clock_timestamp()
from held
where s.tenant = held.tenant and s.operation_id = held.id and s.position = $4
returning s.position;

-- name: get_steps
-- The journals of these operations.
select s.*
from unnest($1::text[], $2::uuid[]) as r (tenant, id)
join operation_steps as s on s.tenant = r.tenant and s.operation_id = r.id
order by s.tenant, s.operation_id, s.position;

-- name: report_progress
-- The newest progress of calls under way.
update operations as o
set progress = p.progress::json,
    message = p.message,
    version = o.version + 1,
    updated_at = greatest(o.updated_at, clock_timestamp())
from unnest($1::text[], $2::uuid[], $3::bigint[], $4::text[], $5::text[]) as p (tenant, id, epoch, progress, message)
where o.tenant = p.tenant and o.id = p.id and o.lease_epoch = p.epoch and o.finished_at is null
returning o.tenant, o.id, o.version;
