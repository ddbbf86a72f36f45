-- name: hold
-- Takes the right to change a price that is still at the version the caller has seen, once per step. Compare and set in
-- one statement: of two at the same time the second waits for the row, and then finds it as the first has left it.
-- No row: see why_not_held.
with shelf as (
    update examples.stock
    set price_change_held = true
    where sku = $4
      and version = $5
      and not price_change_held
      and not exists (select from examples.price_changes where (tenant, operation_id, step) = ($1, $2, $3))
    returning sku
)
insert into examples.price_changes (tenant, operation_id, step, state, sku, seen_version, price_minor)
select $1, $2, $3, 'held', sku, $5, $6 from shelf
returning state;

-- name: why_not_held
-- The state this step's change is in already, if any, and the version of the price, null when the goods are not known.
select
    (select state from examples.price_changes where (tenant, operation_id, step) = ($1, $2, $3)) as state,
    (select version from examples.stock where sku = $4) as version;

-- name: change
-- Makes the change that is held. No row: it was made before, or is not held any more.
with made as (
    update examples.price_changes set state = 'made'
    where (tenant, operation_id, step) = ($1, $2, $3) and state = 'held'
    returning sku, seen_version, price_minor
)
update examples.stock
set price_minor = made.price_minor, version = made.seen_version + 1, price_change_held = false
from made
where stock.sku = made.sku
returning version;

-- name: version_made
-- The version that a step's change made before.
select seen_version + 1 from examples.price_changes where (tenant, operation_id, step) = ($1, $2, $3) and state = 'made';

-- name: release
-- Gives the right back, if it is held, and leaves a tombstone either way.
with released as (
    insert into examples.price_changes (tenant, operation_id, step, state) values ($1, $2, $3, 'released')
    on conflict (tenant, operation_id, step) do update set state = 'released' where price_changes.state = 'held'
    returning sku
)
update examples.stock
set price_change_held = false
from released
where stock.sku = released.sku;
