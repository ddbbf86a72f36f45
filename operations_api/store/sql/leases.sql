-- name: claim_operations
-- Take ready operations in fair order, of definitions this worker knows. The epoch fences whoever had them before.
-- Each definition has a queue of its own, and all are merged, one row at a time: what waits for other workers is not
-- passed over, however much of it there is, and no more is locked than is taken. This is for one definition; for more of
-- them claim_statement repeats what is between the two lines.
-- Suspects, which were there twice when their worker died, are taken by themselves: see claim_suspect.
-- The first call of an external step begins here: where the definition says which one that is, whatever the input, its
-- intent is stored by the claim itself, unless it turns out that there is something to read first.
with picked as (
    select o.tenant, o.id, o.type, o.definition_version, o.steps, o.is_new
    from (
        ----
        (
            select tenant, id, fair_order
            from operations
            where type = ($2::text[])[1] and definition_version = ($3::int[])[1] and ready
            order by fair_order
        )
        ----
    ) as q
    cross join lateral (
        select
            tenant, id, type, definition_version, steps,
            lease_epoch = 0 and decision is null and cancel_requested_at is null
                and coalesce(deadline > clock_timestamp(), true) as is_new
        from operations
        where tenant = q.tenant and id = q.id
          and case when ready then lost_leases < 2 end -- as a case no other index stands for the primary key
        for update skip locked
    ) as o
    order by q.fair_order
    limit $4
),
beginning as (
    select picked.tenant, picked.id, call.position, call.step, call.seconds, call.progress
    from picked
    left join unnest($6::text[], $7::int[], $8::text[], $9::smallint[], $10::text[], $11::float8[], $12::text[])
        as call (type, version, pins, position, step, seconds, progress)
        on picked.is_new and call.type = picked.type and call.version = picked.definition_version
            and call.pins = picked.steps::text
),
claimed as (
    update operations as o
    set ready = false,
        status = case
            when o.status = 'pending' then 'running'
            -- it waited for a worker that knows its version, and here is one
            when o.status = 'needs_attention' and o.blocked #>> '{0,reason}' = 'no_worker_for_version'
                then case
                    when o.cancel_requested_at is not null and o.decision is null then 'canceling' else 'running'
                end
            else o.status
        end,
        blocked = case when o.blocked #>> '{0,reason}' = 'no_worker_for_version' then null else o.blocked end,
        phase = case when o.phase = 'queued' then 'reserving' else o.phase end,
        progress = coalesce(b.progress::json, o.progress),
        started_at = coalesce(o.started_at, greatest(o.created_at, clock_timestamp())), -- the clock may be set back
        lease_epoch = o.lease_epoch + 1,
        lease_owner = $1,
        lease_expires_at = clock_timestamp() + make_interval(secs => $5),
        next_wake_at = clock_timestamp() + make_interval(secs => $5),
        lease_alone = false,
        version = o.version + 1,
        updated_at = greatest(o.updated_at, clock_timestamp())
    from beginning as b
    where o.tenant = b.tenant and o.id = b.id
    returning o.*, clock_timestamp() as claimed_at, b.position as first_position, b.step as first_step, b.seconds
),
intents as (
    insert into operation_steps (
        tenant, operation_id, position, key, kind, effect, state, handler, attempts, call_ends_at, called_since
    )
    select
        tenant, id, first_position, first_step, 'step', 'external', 'reserving', 'reserve', 1,
        claimed_at + make_interval(secs => seconds), claimed_at
    from claimed
    where first_position is not null
    on conflict do nothing -- a claim must not fail for one of many
    returning tenant, operation_id, position
)
select claimed.*, intents.position as begun
from claimed
left join intents on intents.tenant = claimed.tenant and intents.operation_id = claimed.id;

-- name: claim_suspect
-- Take one operation that was there twice when its worker died. Its new worker lets everything else end first.
with picked as (
    select tenant, id
    from operations
    where ready and lost_leases >= 2
      and case when (type, definition_version) = any (array(select (t, v) from unnest($2::text[], $3::int[]) as k (t, v)))
        then true end
    order by fair_order
    limit 1
    for update skip locked
)
update operations as o
set ready = false,
    lease_epoch = o.lease_epoch + 1,
    lease_owner = $1,
    lease_expires_at = clock_timestamp() + make_interval(secs => $4),
    next_wake_at = clock_timestamp() + make_interval(secs => $4),
    lease_alone = false,
    version = o.version + 1,
    updated_at = greatest(o.updated_at, clock_timestamp())
from picked
where o.tenant = picked.tenant and o.id = picked.id
returning o.*, clock_timestamp() as claimed_at;

-- name: begin_alone
-- From now on its worker executes nothing else: if the lease is lost, it is to blame.
update operations
set lease_alone = true
where tenant = $1 and id = $2 and lease_epoch = $3 and finished_at is null
returning *, clock_timestamp() as claimed_at;

-- name: give_back
-- A lease under which nothing was begun: any worker may take the operation now.
update operations
set ready = true, next_wake_at = null, lease_owner = null, lease_expires_at = null
where tenant = $1 and id = $2 and lease_epoch = $3 and finished_at is null;

-- name: read_lease
-- The operation as its lease holder finds it after a broken connection. FOR UPDATE waits until whatever the old
-- connection had begun is over, so that the answer is final.
select *, clock_timestamp() as claimed_at
from operations
where tenant = $1 and id = $2 and lease_epoch = $3 and lease_owner = $4 and finished_at is null
for update;

-- name: fence
-- First statement of a local transaction: heartbeats pass this lock, a claim does not.
select lease_epoch
from operations
where tenant = $1 and id = $2 and lease_epoch = $3 and lease_owner = $4
for key share;

-- name: renew_leases
-- Heartbeat: renew what nobody else has locked right now, and learn of cancel requests and lost leases.
with held as (
    select o.tenant, o.id
    from unnest($1::text[], $2::uuid[], $3::bigint[]) as h (tenant, id, epoch)
    join operations as o on o.tenant = h.tenant and o.id = h.id
    where o.lease_epoch = h.epoch and o.lease_owner = $4
    for no key update of o skip locked
),
renewed as (
    update operations as o
    set lease_expires_at = clock_timestamp() + make_interval(secs => $5),
        next_wake_at = clock_timestamp() + make_interval(secs => $5)
    from held
    where o.tenant = held.tenant and o.id = held.id
    returning o.tenant, o.id
)
select
    h.tenant, h.id,
    coalesce(o.lease_epoch = h.epoch and o.lease_owner = $4, false) as held,
    renewed.id is not null as renewed,
    coalesce(o.cancel_requested_at is not null, false) as cancel_requested
from unnest($1::text[], $2::uuid[], $3::bigint[]) as h (tenant, id, epoch)
left join operations as o on o.tenant = h.tenant and o.id = h.id
left join renewed on renewed.tenant = h.tenant and renewed.id = h.id;

-- name: sweep
-- Make ready what has slept long enough: retries and starts that are due, deadlines, leases nobody renewed. A lease
-- that ran out is fenced here already. It counts as lost only if one of the operation's handlers was running: a call
-- is open, or a local step was due, whose call leaves no trace. After the second such loss only those count at which
-- the operation was alone with its worker, and after five a person has to look. What wakes although it is not the head
-- of its group, or waits for room, does so at its deadline: it is decided here that it never begins, whatever the clock
-- says later.
with due as (
    select tenant, id
    from operations
    where next_wake_at <= (select clock_timestamp()) and not ready -- once: the index leads to what is due, and no further
    order by next_wake_at
    limit $1
    for update skip locked
),
blamed as (
    select
        o.tenant, o.id, running.key,
        running.key is not null and o.lost_leases >= 4 as poison -- this is the fifth
    from due
    join operations as o on o.tenant = due.tenant and o.id = due.id
    left join lateral (
        select key
        from (
            select
                pin.value ->> 'key' as key,
                pin.value ->> 'effect' = 'local' as local,
                s.call_ends_at is not null as open
            from json_array_elements(o.steps) with ordinality as pin (value, place)
            left join operation_steps as s
                on s.tenant = o.tenant and s.operation_id = o.id and s.position = pin.place - 1
            where s.call_ends_at is not null
               or s.blocked_at is null and case
                    when o.decision is null then coalesce(s.state, 'pending') in ('pending', 'reserving', 'executing')
                        and pin.value ->> 'kind' <> 'action'
                    when o.decision = 'commit' then s.state in ('reserved', 'committing')
                        or pin.value ->> 'kind' = 'action' and coalesce(s.state, 'pending') in ('pending', 'executing')
                    else s.state in ('reserving', 'reserved', 'committing', 'releasing')
                        or o.decision = 'compensate' and s.state in ('committed', 'compensating')
                end
            order by
                (s.call_ends_at is not null) desc,
                -- on the way back the steps that must wait are passed over
                (coalesce(o.decision <> 'commit', false) and pin.value ->> 'effect' = 'local') desc,
                case pin.value ->> 'kind' when 'step' then 1 when 'pivot' then 2 else 3 end,
                pin.place
            limit 1
        ) as next
        where o.lease_owner is not null
          and (o.lost_leases < 2 or o.lease_alone) -- 2 make a suspect, which only claim_suspect takes
          and (open or local)
    ) as running on true
)
update operations as o
set ready = not blamed.poison,
    decision = case
        when o.phase = 'queued' and o.waits_for_room then 'rollback'
        when o.phase = 'queued' and o.group_name is not null and not exists (
            select from operation_groups as g where g.tenant = o.tenant and g.name = o.group_name and g.head = o.id
        ) then 'rollback'
        else o.decision
    end,
    waits_for_room = false, -- what ends without a call needs no room
    status = case when blamed.poison then 'needs_attention' else o.status end,
    blocked = case
        when blamed.poison then json_build_array(json_build_object(
            'step', blamed.key,
            'phase', o.phase,
            'reason', 'poison',
            'since', to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        ))
        else o.blocked
    end,
    version = o.version + case when blamed.poison then 1 else 0 end,
    updated_at = case when blamed.poison then greatest(o.updated_at, clock_timestamp()) else o.updated_at end,
    next_wake_at = null,
    lease_epoch = o.lease_epoch + case when o.lease_owner is null then 0 else 1 end,
    lost_leases = o.lost_leases + case when blamed.key is null then 0 else 1 end,
    lease_owner = null,
    lease_expires_at = null
from blamed
where o.tenant = blamed.tenant and o.id = blamed.id
returning o.tenant, o.id, o.lost_leases;
