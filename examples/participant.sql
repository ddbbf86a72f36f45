-- name: create
-- One row per step of an operation, never deleted: what was released stays as a tombstone.
create table if not exists bookings (
    tenant text not null,
    operation_id text not null,
    step text not null,
    id text not null default (lower(hex(randomblob(8)))),
    state text not null check (state in ('held', 'committed', 'released', 'refunded')),
    seats integer not null,
    primary key (tenant, operation_id, step)
);

-- name: hold
-- Holds seats, once per step, if there are enough. A row that is there already stays as it is.
insert into bookings (tenant, operation_id, step, state, seats)
select :tenant, :operation_id, :step, 'held', :seats
where :seats <= :limit - (select coalesce(sum(seats), 0) from bookings where state in ('held', 'committed'))
on conflict do nothing;

-- name: commit
-- Makes a ticket of what is held.
update bookings set state = 'committed'
where (tenant, operation_id, step) = (:tenant, :operation_id, :step) and state = 'held';

-- name: release
-- Gives back what is held, and leaves a tombstone where nothing was.
insert into bookings (tenant, operation_id, step, state, seats)
values (:tenant, :operation_id, :step, 'released', 0)
on conflict do update set state = 'released' where bookings.state = 'held';

-- name: refund
-- Buys a ticket back.
update bookings set state = 'refunded'
where (tenant, operation_id, step) = (:tenant, :operation_id, :step) and state = 'committed';

-- name: find
-- How it stands with a step.
select id, state, seats from bookings where (tenant, operation_id, step) = (:tenant, :operation_id, :step);

-- name: all
-- Every booking.
select tenant, operation_id, step, id, state, seats from bookings order by rowid;
