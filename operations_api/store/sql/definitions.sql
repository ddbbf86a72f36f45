-- name: remember_definition
-- The steps this version had when it was first seen, which is now if nobody has seen it.
insert into definitions (name, version, steps) values ($1, $2, $3::json)
on conflict (name, version) do update set name = excluded.name
returning steps;

-- name: has_definition
-- Whether any version of it was ever seen.
select exists (select from definitions where name = $1);

-- name: announce_versions
-- A worker says that it can execute these.
update definitions as d
set announced_at = clock_timestamp()
from unnest($1::text[], $2::int[]) as known (name, version)
where d.name = known.name and d.version = known.version;

-- name: park_orphans
-- Ready operations of versions that no worker has announced for so long need attention. They stay ready, so that they
-- go on by themselves when such a worker appears. What waits for room would wait for ever: nobody lets it in.
with found as (
    select o.tenant, o.id
    from ready_queues as q
    left join definitions as d on d.name = q.type and d.version = q.definition_version
    cross join lateral (
        select tenant, id
        from operations
        where type = q.type and definition_version = q.definition_version and ready and status <> 'needs_attention'
          and (d.name is not null or created_at < clock_timestamp() - make_interval(secs => $1))
        order by fair_order
        limit $2
    ) as o
    where coalesce(d.announced_at, d.first_seen_at, '-infinity') < clock_timestamp() - make_interval(secs => $1)
    union all
    select o.tenant, o.id
    from definitions as d
    cross join lateral (
        select tenant, id
        from operations
        where type = d.name and waits_for_room and definition_version = d.version and status <> 'needs_attention'
        order by fair_order -- as the index has it
        limit $2
    ) as o
    where coalesce(d.announced_at, d.first_seen_at) < clock_timestamp() - make_interval(secs => $1)
    limit $2
),
orphans as (
    select o.tenant, o.id
    from found
    cross join lateral (
        select tenant, id
        from operations
        where tenant = found.tenant and id = found.id
          -- still, once the row is ours; as a case no index stands for it, which would lead past what was found
          and case when ready or waits_for_room then status <> 'needs_attention' end
        for update skip locked
    ) as o
    limit $2 -- once more, or so many are expected that the whole table is joined to them
)
update operations as o
set status = 'needs_attention',
    blocked = json_build_array(json_build_object(
        'step', null,
        'phase', o.phase,
        'reason', 'no_worker_for_version',
        'since', to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    )),
    -- what has a limit makes room meanwhile
    ready = not o.limited,
    waits_for_room = o.limited,
    version = o.version + 1,
    updated_at = greatest(o.updated_at, clock_timestamp())
from orphans
where o.tenant = orphans.tenant and o.id = orphans.id
returning o.tenant, o.id, o.version;

-- name: versions_in_flight
-- Every version that was ever seen, and how many operations of it are not finished, by status. Reads all operations:
-- for a person now and then, not for a dashboard.
select
    coalesce(d.name, f.type) as type, coalesce(d.version, f.definition_version) as version, d.announced_at,
    coalesce(d.announced_at > clock_timestamp() - make_interval(secs => $2), false) as has_worker,
    coalesce(json_object_agg(f.status, f.number) filter (where f.status is not null), '{}') as in_flight
from definitions as d
full join (
    select type, definition_version, status, count(*) as number
    from operations
    where finished_at is null and ($1::text is null or tenant = $1)
    group by type, definition_version, status
) as f on f.type = d.name and f.definition_version = d.version
group by 1, 2, 3, 4
order by 1, 2 desc;
