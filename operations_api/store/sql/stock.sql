-- name: measure_queue
-- How many operations wait for a worker, counting no further than asked, and how long the oldest of those that come
-- next has waited.
select
    (select count(*) from (select from operations where ready limit $1) as counted) as ready,
    (select count(*) from (select from operations where waits_for_room limit $1) as counted) as waiting_for_room,
    coalesce((
        select extract(epoch from clock_timestamp() - min(since))
        from (
            select o.since
            from ready_queues as q
            cross join lateral (
                select fair_order, greatest(updated_at, not_before) as since
                from operations
                where type = q.type and definition_version = q.definition_version and ready
                order by fair_order
                limit $2
            ) as o
            order by o.fair_order
            limit $2
        ) as next
    ), 0)::float8 as oldest_seconds;

-- name: measure_webhooks
-- How many webhooks are due, counting no further than asked, and for how long the oldest has been.
select
    (
        select count(*)
        from (
            select from webhooks where next_attempt_at <= (select clock_timestamp()) order by next_attempt_at limit $1
        ) as counted
    ) as due,
    coalesce(extract(epoch from clock_timestamp() - (
        select min(next_attempt_at) from webhooks where next_attempt_at is not null
    )), 0)::float8 as oldest_seconds;

-- name: count_blocked
-- How many operations need attention, by type.
select type, count(*) as blocked from operations where status = 'needs_attention' group by type;

-- name: measure_tables
-- The size of these tables, as Postgres knows it without looking: -1 rows where it has never looked.
select c.relname as name, greatest(c.reltuples, 0)::bigint as rows, pg_total_relation_size(c.oid) as bytes
from pg_class as c
where c.oid = any (select to_regclass(t.name) from unnest($1::text[]) as t (name))
order by c.relname;
