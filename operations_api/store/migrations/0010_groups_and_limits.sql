-- additive: yes
-- Operations of a group run one at a time, those of a type with a limit only so many at once; some come before others.

alter table tenant_limits
    add column weight integer,
    add constraint tenant_limits_weight_in_range check (weight between 1 and 100);

alter table operations
    add column priority text not null default 'normal',
    add column limited boolean not null default false,
    add column waits_for_room boolean not null default false,
    drop constraint operations_rest_when_finished,
    drop constraint operations_nothing_forgotten,
    drop constraint operations_group_whole,
    add constraint operations_rest_when_finished check (
        finished_at is null or (not ready and not waits_for_room and next_wake_at is null and lease_owner is null)
    ),
    add constraint operations_nothing_forgotten check (
        finished_at is not null or ready or next_wake_at is not null or waits_for_room
        or status = 'needs_attention' or (group_position is not null and phase = 'queued')
    ),
    add constraint operations_group_whole check (group_name is not null or group_position is null),
    add constraint operations_priority_known check (priority in ('high', 'normal', 'low')),
    add constraint operations_waits_for_room_or_is_ready check (not waits_for_room or limited and not ready);

-- who is next in a group; only what has one is in it
create index operations_group_queue on operations (tenant, group_name, group_position)
    where group_name is not null and finished_at is null;
-- of types with a limit: what takes room, and what waits for some
create index operations_with_room on operations (type, fair_order)
    where limited and (ready or lease_owner is not null);
create index operations_waiting_for_room on operations (type, fair_order) where waits_for_room;

-- The groups in which something is not finished. Its head is the one that runs, or would; the others wait for it.
create table operation_groups (
    tenant text not null,
    name text not null,
    head uuid not null,
    last_position bigint not null,
    constraint operation_groups_pkey primary key (tenant, name)
);

-- Groups. A start takes its place under the lock of the group's row, which is held until it commits: the order of
-- places is the order of acceptance. Whoever ends the head makes the next one ready in the same transaction. So that
-- nobody waits in a circle: statements that may end several operations lock their groups first, by name, and what ends
-- an operation that nobody has begun, which the head's end may want to make ready, locks the group before it.

create function join_group() returns trigger language plpgsql as $$
declare
    place bigint;
    first uuid;
begin
    insert into operation_groups as g (tenant, name, head, last_position)
    values (new.tenant, new.group_name, new.id, 1)
    on conflict (tenant, name) do update set last_position = g.last_position + 1
    returning last_position, head into place, first;

    update operations
    set group_position = place,
        ready = ready and first = id,
        waits_for_room = waits_for_room and first = id,
        -- a deadline ends also what still waits
        next_wake_at = case when first = id then next_wake_at else deadline end
    where tenant = new.tenant and id = new.id;
    return null;
end
$$;

create trigger operations_join_group
    after insert on operations
    for each row
    when (new.group_name is not null)
    execute function join_group();

create function leave_group() returns trigger language plpgsql as $$
declare
    next uuid;
begin
    -- a statement of its own: the next one sees what was committed while this one waited for the lock
    perform from operation_groups where tenant = new.tenant and name = new.group_name for update;
    perform from operation_groups where tenant = new.tenant and name = new.group_name and head = new.id;
    if not found then
        return null; -- it has ended while it waited for others
    end if;
    select id into next
    from operations
    where tenant = new.tenant and group_name = new.group_name and finished_at is null
    order by group_position
    limit 1;
    if next is null then
        delete from operation_groups where tenant = new.tenant and name = new.group_name;
        return null;
    end if;
    update operation_groups set head = next where tenant = new.tenant and name = new.group_name;
    -- one whose deadline has woken it already goes by itself
    update operations
    set ready = coalesce(not_before <= clock_timestamp(), true),
        next_wake_at = case when not_before > clock_timestamp() then least(not_before, deadline) end
    where tenant = new.tenant and id = next
      and phase = 'queued' and not ready and not waits_for_room and lease_owner is null;
    return null;
end
$$;

create trigger operations_leave_group
    after update of finished_at on operations
    for each row
    when (new.group_name is not null and old.finished_at is null and new.finished_at is not null)
    execute function leave_group();

-- Limits. What is limited and becomes ready, by whatever statement, waits for room instead; only what lets it in, by
-- ending that wait, makes it ready.

create function wait_for_room() returns trigger language plpgsql as $$
begin
    new.ready := false;
    new.waits_for_room := true;
    return new;
end
$$;

create trigger operations_start_waiting_for_room
    before insert on operations
    for each row
    when (new.limited and new.ready)
    execute function wait_for_room();

create trigger operations_wait_for_room
    before update of ready on operations
    for each row
    when (new.limited and new.ready and not old.ready and (new.waits_for_room or not old.waits_for_room))
    execute function wait_for_room();
