-- name: begin_cleaning
-- Whether nobody else is cleaning; if so, nobody else will until this transaction ends.
select pg_try_advisory_xact_lock($1);

-- name: entomb_operations
-- Of operations whose retention is over only what a 410 needs stays. The bound is computed once, so that the index
-- leads to it; by place and not by name, so that no plan for another batch's size reads the whole table.
update operations
set deleted_at = coalesce(deleted_at, clock_timestamp()),
    tombstone_until = expires_at + make_interval(secs => $3),
    input = null, result = null, error = null, failure = null, progress = null, message = null, labels = '{}',
    idempotency_key = null, group_name = null, group_position = null, callback_url = null, traceparent = null
where ctid = any (array(
    select ctid
    from operations
    where expires_at <= (select coalesce($1::timestamptz, clock_timestamp())) and tombstone_until is null
    order by expires_at
    limit $2
    for update skip locked
))
returning tenant, id;

-- name: free_keys
-- Keys of operations whose retention is over. A key that names another operation by now is not theirs any more.
delete from idempotency_keys as k
using unnest($1::text[], $2::uuid[]) as r (tenant, operation_id)
where k.tenant = r.tenant and k.operation_id = r.operation_id
returning k.tenant;

-- name: erase_journals
-- The steps of these operations.
delete from operation_steps as s
using unnest($1::text[], $2::uuid[]) as r (tenant, operation_id)
where s.tenant = r.tenant and s.operation_id = r.operation_id;

-- name: erase_actions
-- What operators did to these operations, and what they wrote of it.
delete from operator_actions as a
using unnest($1::text[], $2::uuid[]) as r (tenant, operation_id)
where a.tenant = r.tenant and a.operation_id = r.operation_id;

-- name: erase_webhooks
-- What receivers were told of these operations, and where: nobody is told of what is deleted.
delete from webhooks as w
using unnest($1::text[], $2::uuid[]) as r (tenant, operation_id)
where w.tenant = r.tenant and w.operation_id = r.operation_id;

-- name: remove_tombstones
-- Operations that nothing is known of from now on.
delete from operations
where ctid = any (array(
    select ctid
    from operations
    where tombstone_until <= (select coalesce($1::timestamptz, clock_timestamp()))
    order by tombstone_until
    limit $2
    for update skip locked
))
returning tenant;

-- name: remove_tokens
-- Operation tokens that have expired. Whoever sends one is told so by its own time.
delete from operation_tokens
where ctid = any (array(
    select ctid
    from operation_tokens
    where expires_at <= (select coalesce($1::timestamptz, clock_timestamp()))
    order by expires_at
    limit $2
    for update skip locked
))
returning tenant;

-- name: remove_bodies
-- Bodies whose window for duplicates is over.
delete from recent_bodies
where ctid = any (array(
    select ctid
    from recent_bodies
    where until <= (select coalesce($1::timestamptz, clock_timestamp()))
    order by until
    limit $2
    for update skip locked
))
returning tenant;

-- name: remove_delivered_webhooks
-- Webhooks that were taken so many seconds ago.
delete from webhooks
where ctid = any (array(
    select ctid
    from webhooks
    where delivered_at <= (select coalesce($1::timestamptz, clock_timestamp()) - make_interval(secs => $3))
    order by delivered_at
    limit $2
    for update skip locked
))
returning tenant;

-- name: remove_dead_webhooks
-- Webhooks that were given up so many seconds ago, and replayed by nobody.
delete from webhooks
where ctid = any (array(
    select ctid
    from webhooks
    where dead_at <= (select coalesce($1::timestamptz, clock_timestamp()) - make_interval(secs => $3))
    order by dead_at
    limit $2
    for update skip locked
))
returning tenant;

-- name: remove_webhook_events
-- Events that have started nothing and came so many seconds ago.
delete from webhook_events
where ctid = any (array(
    select ctid
    from webhook_events
    where received_at <= (select coalesce($1::timestamptz, clock_timestamp()) - make_interval(secs => $3))
    order by received_at
    limit $2
    for update skip locked
))
returning tenant;

-- name: remove_secrets
-- Secrets that nothing is signed with any more.
delete from webhook_secrets
where ctid = any (array(
    select ctid
    from webhook_secrets
    where expires_at <= (select coalesce($1::timestamptz, clock_timestamp()))
    order by expires_at
    limit $2
    for update skip locked
))
returning tenant;

-- name: find_to_erase
-- The operations with this id, of one tenant or of any.
select tenant, status, finished_at is not null as done
from operations
where id = $1 and ($2::text is null or tenant = $2);

-- name: erase_operation
-- What the client sent and got, of an operation that is done. Its key and id stay taken until it expires.
update operations
set deleted_at = coalesce(deleted_at, clock_timestamp()),
    input = null, result = null, error = null, failure = null, progress = null, message = null, labels = '{}',
    group_name = null, group_position = null, callback_url = null, traceparent = null,
    version = version + 1,
    updated_at = greatest(updated_at, clock_timestamp())
where tenant = $1 and id = $2 and finished_at is not null
returning tenant, id;
