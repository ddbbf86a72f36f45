-- name: start_operations
-- Bind keys and insert their operations, all in one statement; rows whose key is bound already are not returned.
-- `replaces` names the operation a key must still be bound to for the key to be bound anew (compare and set).
with requested as (
    select *
    from unnest(
        $1::text[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::text[], $7::bytea[], $8::text[], $9::text[],
        $10::timestamptz[], $11::timestamptz[], $12::text[], $13::bigint[], $14::bigint[], $15::uuid[], $16::uuid[],
        $17::text[], $18::text[], $19::text[], $20::bool[]
    ) with ordinality as r (
        tenant, id, type, definition_version, steps, key, fingerprint, input, labels,
        deadline, not_before, traceparent, retention_seconds, fair_order, replaces, retry_of, callback_url, group_name,
        priority, limited, place
    )
),
bound as (
    insert into idempotency_keys (tenant, type, key, fingerprint, operation_id)
    select tenant, type, key, fingerprint, id
    from requested
    where replaces is null
    order by tenant, type, key
    on conflict do nothing
    returning operation_id
),
rebound as (
    update idempotency_keys as k
    set operation_id = r.id, fingerprint = r.fingerprint, bound_at = clock_timestamp()
    from requested as r
    where r.replaces is not null
      and k.tenant = r.tenant and k.type = r.type and k.key = r.key and k.operation_id = r.replaces
    returning k.operation_id
)
insert into operations (
    tenant, id, type, definition_version, steps, idempotency_key, input, labels, deadline, not_before, traceparent,
    retention_seconds, fair_order, retry_of, callback_url, group_name, priority, limited, has_receivers, ready,
    next_wake_at
)
select
    tenant, id, type, definition_version, steps::json, key, input::json, labels::jsonb, deadline, not_before,
    traceparent, retention_seconds, fair_order, retry_of, callback_url, group_name, priority, limited,
    callback_url is not null or listens is not null, not_before is null,
    case when not_before is not null then least(not_before, deadline) end
from requested
left join lateral (
    select true as listens from webhook_endpoints as e where e.tenant = requested.tenant and e.disabled_at is null limit 1
) as endpoint on true
where id in (select operation_id from bound union all select operation_id from rebound)
-- groups are locked in this order
order by tenant, group_name, place
returning
    tenant, id, type, definition_version, status, phase, decision, version, idempotency_key, labels, deadline, not_before,
    group_name, priority, traceparent, retry_of, progress, message, blocked, result, error, cancel_requested_at, created_at,
    updated_at, started_at, finished_at, expires_at, deleted_at, null::json as input;

-- name: start_under_own_ids
-- Insert operations under ids their clients chose; rows whose id is taken already are not returned.
insert into operations (
    tenant, id, type, definition_version, steps, request_fingerprint, input, labels, deadline, not_before, traceparent,
    retention_seconds, fair_order, callback_url, group_name, priority, limited, has_receivers, ready, next_wake_at
)
select
    tenant, id, type, definition_version, steps::json, request_fingerprint, input::json, labels::jsonb, deadline,
    not_before, traceparent, retention_seconds, fair_order, callback_url, group_name, priority, limited,
    callback_url is not null or listens is not null, not_before is null,
    case when not_before is not null then least(not_before, deadline) end
from unnest(
    $1::text[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::bytea[], $7::text[], $8::text[],
    $9::timestamptz[], $10::timestamptz[], $11::text[], $12::bigint[], $13::bigint[], $14::text[], $15::text[],
    $16::text[], $17::bool[]
) with ordinality as r (
    tenant, id, type, definition_version, steps, request_fingerprint, input, labels, deadline, not_before, traceparent,
    retention_seconds, fair_order, callback_url, group_name, priority, limited, place
)
left join lateral (
    select true as listens from webhook_endpoints as e where e.tenant = r.tenant and e.disabled_at is null limit 1
) as endpoint on true
order by tenant, group_name, case when group_name is not null then place end, id
on conflict (tenant, id) do nothing
returning *;

-- name: find_keys
-- What these keys are bound to now.
select
    k.tenant as key_tenant, k.type as key_type, k.key as key_key, k.fingerprint, k.operation_id,
    o.tenant, o.id, o.type, o.definition_version, o.status, o.phase, o.decision, o.version, o.idempotency_key, o.labels,
    o.deadline, o.not_before, o.group_name, o.priority, o.traceparent, o.retry_of, o.progress, o.message, o.blocked, o.result,
    o.error, o.cancel_requested_at, o.created_at, o.updated_at, o.started_at, o.finished_at, o.expires_at, o.deleted_at,
    null::json as input,
    coalesce(o.expires_at <= clock_timestamp(), false) as expired
from unnest($1::text[], $2::text[], $3::text[]) as r (tenant, type, key)
join idempotency_keys as k on k.tenant = r.tenant and k.type = r.type and k.key = r.key
left join operations as o on o.tenant = k.tenant and o.id = k.operation_id;

-- name: get_operations
-- Operations by tenant and id, tombstones included: what pollers see of them. The input may be large, and is not read.
select
    o.tenant, o.id, o.type, o.definition_version, o.status, o.phase, o.decision, o.version, o.idempotency_key, o.labels,
    o.deadline, o.not_before, o.group_name, o.priority, o.traceparent, o.retry_of, o.progress, o.message, o.blocked, o.result,
    o.error, o.cancel_requested_at, o.created_at, o.updated_at, o.started_at, o.finished_at, o.expires_at, o.deleted_at,
    null::json as input, o.request_fingerprint, o.fair_order
from unnest($1::text[], $2::uuid[]) as r (tenant, id)
join operations as o on o.tenant = r.tenant and o.id = r.id;

-- name: get_versions
-- How far operations have come, by tenant and id: what it takes to know whom news would wake.
select o.tenant, o.id, o.version, o.finished_at is not null as done
from unnest($1::text[], $2::uuid[]) as r (tenant, id)
join operations as o on o.tenant = r.tenant and o.id = r.id;

-- name: get_operation_whole
-- One operation with its steps and what operators did to it, of one instant.
select o.*, (
    select coalesce(json_agg(s order by s.position), '[]')
    from (
        select position, key, kind, state, attempts, reservation, result, error, updated_at
        from operation_steps
        where tenant = o.tenant and operation_id = o.id
    ) as s
) as journal, (
    select coalesce(json_agg(a order by a.id), '[]')
    from (
        select id, verb, step, actor, evidence, at
        from operator_actions
        where tenant = o.tenant and operation_id = o.id
    ) as a
) as actions
from operations as o
where o.tenant = $1 and o.id = $2;

-- name: list_operations
-- One page, newest first, after the given place: at most so many, and none once those before hold so many bytes.
-- `found` counts one more where there is one. What is expired is not there, forgotten by now or not.
with newest as (
    select *
    from operations
    where tenant = $1
      and deleted_at is null
      and (expires_at is null or expires_at > clock_timestamp())
      and ($2::text is null or type = $2)
      and ($3::text[] is null or status = any ($3))
      -- bounds that are always there, so that the plan which is made once enters the index where the page begins
      and created_at > coalesce($4::timestamptz, '-infinity')
      and created_at < coalesce($5::timestamptz, 'infinity')
      and ($6::text is null or idempotency_key = $6)
      and ($7::text is null or labels @> $7::jsonb)
      and ($8::text is null or group_name = $8)
      and (created_at, id)
          < (coalesce($9::timestamptz, 'infinity'), coalesce($10::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    order by created_at desc, id desc
    limit $11::bigint + 1
),
measured as (
    select
        tenant, id, count(*) over () as found, row_number() over before as place,
        coalesce(sum(
            octet_length(input::text) + coalesce(octet_length(result::text), 0) + coalesce(octet_length(message), 0)
        ) over (before rows between unbounded preceding and 1 preceding), 0) as bytes_before
    from newest
    window before as (order by created_at desc, id desc)
)
select n.*, m.found
from newest as n
join measured as m on m.tenant = n.tenant and m.id = n.id
where m.place <= $11 and m.bytes_before < $12::bigint
order by n.created_at desc, n.id desc;

-- name: recent_durations
-- How long the newest finished operations of these types took, the newest first, among the last few that ended.
-- The index on expires_at leads to them: what ended now expires after the type's retention.
select o.tenant, o.id, o.type, o.seconds
from unnest($1::text[], $2::bigint[]) as r (type, retention_seconds)
cross join lateral (
    select
        tenant, id, type, finished_at, status,
        greatest(extract(epoch from finished_at - greatest(created_at, not_before)), 0)::float8 as seconds
    from operations
    where expires_at <= (select clock_timestamp()) + make_interval(secs => r.retention_seconds) and tombstone_until is null
    order by expires_at desc
    limit 10 * $3::bigint
) as o
where o.type = r.type and o.status in ('succeeded', 'failed')
order by o.finished_at desc;

-- name: cancel_operation
-- Ask for cancellation, against the commit decision and the Pivot's intent. An operation nobody has claimed yet holds
-- nothing and ends here; one that nobody works on becomes ready, so that a worker releases what it holds. The group of
-- one that would end here is locked first: whoever ends the group's head locks that, too, before the one that is next.
-- Of any other the group is left alone: the worker that ends it has the operation first and then its group.
with held as materialized (
    select
    from operations as o
    cross join lateral (
        select from operation_groups where tenant = o.tenant and name = o.group_name for update
    ) as g
    where o.tenant = $1 and o.id = $2 and o.phase = 'queued'
)
update operations
set cancel_requested_at = clock_timestamp(),
    status = case when phase = 'queued' then 'canceled' else 'canceling' end,
    phase = case when phase = 'queued' then 'finished' else phase end,
    decision = case when phase = 'queued' then 'rollback' else decision end,
    error = case when phase = 'queued' then $4::json end,
    finished_at = case when phase = 'queued' then greatest(created_at, clock_timestamp()) end,
    expires_at = case
        when phase = 'queued'
            then greatest(created_at, clock_timestamp()) + make_interval(secs => retention_seconds)
    end,
    ready = phase <> 'queued' and lease_owner is null,
    waits_for_room = waits_for_room and phase <> 'queued',
    next_wake_at = case when phase <> 'queued' and lease_owner is not null then next_wake_at end,
    blocked = null,
    version = version + 1,
    updated_at = greatest(updated_at, clock_timestamp())
where tenant = $1 and id = $2
  and ($3::bigint is null or version = $3)
  and finished_at is null and decision is null and phase <> 'executing' and cancel_requested_at is null
  and (deadline is null or deadline > clock_timestamp())
  and (select count(*) from held) >= 0
returning *;

-- name: relabel_operation
-- Replace the labels, finished or not.
update operations
set labels = $4::jsonb,
    version = version + 1,
    updated_at = greatest(updated_at, clock_timestamp())
where tenant = $1 and id = $2
  and ($3::bigint is null or version = $3)
  and deleted_at is null and (expires_at is null or expires_at > clock_timestamp())
returning *;

-- name: delete_operation
-- Forget a finished operation: the row stays as a tombstone without what the client sent or got.
update operations
set deleted_at = clock_timestamp(),
    input = null, result = null, error = null, failure = null, progress = null, message = null, labels = '{}',
    group_name = null, group_position = null, callback_url = null, traceparent = null,
    version = version + 1,
    updated_at = greatest(updated_at, clock_timestamp())
where tenant = $1 and id = $2
  and ($3::bigint is null or version = $3)
  and finished_at is not null and deleted_at is null
returning *;

-- name: erase_steps
-- The journal of an operation that is forgotten.
delete from operation_steps where tenant = $1 and operation_id = $2;

-- name: erase_told
-- What receivers of it were told, and where: nobody is told of what is forgotten.
delete from webhooks where tenant = $1 and operation_id = $2;

-- name: head_of_queue
-- Whose turn it is: how far the common order of all tenants has been served. What was not ready when it started (the next
-- of a group, what was let in, what is tried again) has a place of then, which says nothing of the others: it is passed
-- over, a hundred of each definition at most. Nor does it say anything who waits for another worker.
select coalesce(min(o.fair_order) filter (where o.is_new), max(o.fair_order)) as fair_order
from ready_queues as q
cross join lateral (
    select fair_order, phase = 'queued' and group_name is null and not_before is null and not limited as is_new
    from operations
    where type = q.type and definition_version = q.definition_version
      and ready and status <> 'needs_attention' and lost_leases < 2
    order by fair_order
    limit 100
) as o;

-- name: head_of_room
-- The same among those that wait for room of a type.
select coalesce(min(fair_order) filter (where is_new), max(fair_order)) as fair_order
from (
    select fair_order, phase = 'queued' and group_name is null and not_before is null as is_new
    from operations
    where type = $1 and waits_for_room and status <> 'needs_attention'
    order by fair_order
    limit 100
) as o;
