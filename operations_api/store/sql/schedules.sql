-- name: begin_schedules
-- Schedules that are new: their ticks count from now on.
insert into schedules (tenant, name, looked_until)
select tenant, name, coalesce($3::timestamptz, clock_timestamp())
from unnest($1::text[], $2::text[]) as r (tenant, name)
order by tenant, name
on conflict do nothing;

-- name: lock_schedule
-- A schedule that is not paused and that nobody else looks at right now; it cannot be paused until this transaction ends.
select looked_until, clock_timestamp() as now
from schedules
where tenant = $1 and name = $2 and paused_at is null
for no key update skip locked;

-- name: advance_schedule
-- Its ticks up to here have been looked at, and this was the last one.
update schedules
set looked_until = greatest(looked_until, $3), last_tick_at = greatest(last_tick_at, $4::timestamptz)
where tenant = $1 and name = $2;

-- name: read_schedules
-- How far schedules of one tenant have come. One that no worker has looked at yet is not there.
select name, last_tick_at, paused_at from schedules where tenant = $1 and name = any ($2::text[]);

-- name: pause_schedule
-- From now on its ticks pass.
insert into schedules as s (tenant, name, paused_at)
values ($1, $2, clock_timestamp())
on conflict (tenant, name) do update set paused_at = coalesce(s.paused_at, excluded.paused_at)
returning name, last_tick_at, paused_at;

-- name: resume_schedule
-- Its ticks count again, from now on.
insert into schedules as s (tenant, name)
values ($1, $2)
on conflict (tenant, name) do update
set looked_until = case when s.paused_at is null then s.looked_until else greatest(s.looked_until, clock_timestamp()) end,
    paused_at = null
returning name, last_tick_at, paused_at;
