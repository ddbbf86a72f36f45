-- additive: yes
-- What waits for its group or for room. The next of a group is ready or sleeps by one look at the clock: by two it could
-- be neither, and nobody would wake it. What waits for room of its type wakes at its deadline.

create or replace function leave_group() returns trigger language plpgsql as $$
declare
    next uuid;
    now timestamptz;
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
    -- one whose deadline has woken it already goes by itself; asked twice, the clock could pass not_before in between
    now := clock_timestamp();
    update operations
    set ready = coalesce(not_before <= now, true),
        next_wake_at = case when not_before > now then least(not_before, deadline) end
    where tenant = new.tenant and id = next
      and phase = 'queued' and not ready and not waits_for_room and lease_owner is null;
    return null;
end
$$;

create or replace function wait_for_room() returns trigger language plpgsql as $$
begin
    new.ready := false;
    new.waits_for_room := true;
    -- a deadline ends also what still waits
    new.next_wake_at := case when new.phase = 'queued' and new.decision is null then new.deadline end;
    return new;
end
$$;

update operations
set next_wake_at = deadline
where waits_for_room and phase = 'queued' and decision is null and deadline is not null;
