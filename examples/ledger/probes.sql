-- name: hold
-- Leaves a mark, once per step. The state it is in comes back: anything but held is a reserve that came too late.
insert into examples.probe_holds (tenant, operation_id, step, state) values ($1, $2, $3, 'held')
on conflict (tenant, operation_id, step) do update set state = probe_holds.state
returning state;

-- name: keep
-- Makes the mark final; again is fine. No row: there is nothing to make final.
update examples.probe_holds set state = 'kept'
where (tenant, operation_id, step) = ($1, $2, $3) and state <> 'released'
returning state;

-- name: release
-- Takes the mark back, if there is one, and leaves a tombstone either way.
insert into examples.probe_holds (tenant, operation_id, step, state) values ($1, $2, $3, 'released')
on conflict (tenant, operation_id, step) do update set state = 'released' where probe_holds.state = 'held';
