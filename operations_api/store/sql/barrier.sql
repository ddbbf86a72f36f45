-- name: create
-- The barrier, in the database that external steps write to: what has been done to each step of each operation.
create table if not exists operations_barrier (
    tenant text not null,
    operation_id uuid not null,
    step text not null,
    state text not null check (state in ('absent', 'reserved', 'committed', 'released', 'compensated', 'executed')),
    updated_at timestamptz not null default clock_timestamp(),
    primary key (tenant, operation_id, step)
);

-- name: arrive
-- The state of the step, locked until the transaction ends; whoever comes meanwhile waits here.
insert into operations_barrier as b (tenant, operation_id, step, state)
values ($1, $2, $3, 'absent')
on conflict (tenant, operation_id, step) do update set state = b.state
returning state;

-- name: leave
-- What is true of the step once the transaction commits.
update operations_barrier
set state = $4, updated_at = clock_timestamp()
where tenant = $1 and operation_id = $2 and step = $3;

-- name: ask
-- The state of the step as it was committed last.
select state
from operations_barrier
where tenant = $1 and operation_id = $2 and step = $3;
