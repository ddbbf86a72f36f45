-- name: is_room_wanted
-- Whether anything of these types waits for room: what is asked in every round.
select exists (select from operations where waits_for_room and type = any ($1::text[]));

-- name: lock_rooms
-- One worker at a time counts what runs and lets in, until its transaction ends; whoever comes meanwhile waits for nobody.
select pg_try_advisory_xact_lock(hashtextextended('operations-api: rooms', 0));

-- name: let_in
-- Make ready what there is room for, in fair order. What is ready or has a lease takes room: only versions that this
-- worker knows are let in, so that none is taken by what nobody executes. Nor is it by what waits for a worker that does
-- nothing else: until it is alone it would keep out all others, and then it is one more.
with room as (
    select l.type, greatest(l.at_once - taken.number, 0) as free
    from unnest($1::text[], $2::int[]) as l (type, at_once)
    cross join lateral (
        select count(*) as number
        from (
            select
            from operations
            where type = l.type and limited and (ready or lease_owner is not null) and (lost_leases < 2 or lease_alone)
            order by fair_order -- as the index has it
            limit l.at_once
        ) as counted
    ) as taken
),
picked as (
    select o.tenant, o.id
    from room
    cross join lateral (
        select tenant, id
        from operations
        where type = room.type and waits_for_room
          and (type, definition_version) = any (array(select (t, v) from unnest($3::text[], $4::int[]) as k (t, v)))
        order by fair_order
        limit least(room.free, $5::bigint)
        for update skip locked
    ) as o
)
update operations as o
set ready = true, waits_for_room = false, next_wake_at = null
from picked
where o.tenant = picked.tenant and o.id = picked.id
returning o.id;

-- name: lift_limits
-- These types have no limit any more: what started when they had one waits no longer. So many at a time, and not what
-- another worker frees just now: the round in which this is asked claims only afterwards.
with picked as (
    select tenant, id
    from operations
    where waits_for_room and type = any ($1::text[])
    limit $2
    for update skip locked
)
update operations as o
set ready = true, waits_for_room = false, limited = false, next_wake_at = null
from picked
where o.tenant = picked.tenant and o.id = picked.id
returning o.id;
