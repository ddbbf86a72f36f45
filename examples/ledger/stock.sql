-- name: hold
-- Sets goods aside, once per step, and tells their price. No row: see why_not_held.
with shelf as (
    update examples.stock
    set held = held + $5
    where sku = $4
      and on_hand - held >= $5
      and not exists (select from examples.stock_holds where (tenant, operation_id, step) = ($1, $2, $3))
    returning sku, price_minor
),
barrier as (
    insert into examples.stock_holds (tenant, operation_id, step, state, sku, quantity, price_minor)
    select $1, $2, $3, 'held', sku, $5, price_minor from shelf
)
select price_minor from shelf;

-- name: why_not_held
-- The state this step's hold is in already, if any, with its price, and whether the goods are known.
select
    (select state from examples.stock_holds where (tenant, operation_id, step) = ($1, $2, $3)) as state,
    (select price_minor from examples.stock_holds where (tenant, operation_id, step) = ($1, $2, $3)) as price_minor,
    exists (select from examples.stock where sku = $4) as sku_is_known;

-- name: take
-- Takes held goods off the shelf. No row: they were taken before, or are not held any more.
with taken as (
    update examples.stock_holds set state = 'taken'
    where (tenant, operation_id, step) = ($1, $2, $3) and state = 'held'
    returning sku, quantity
)
update examples.stock
set on_hand = on_hand - taken.quantity, held = held - taken.quantity
from taken
where stock.sku = taken.sku
returning stock.sku;

-- name: is_taken
-- Whether the goods were taken before.
select exists (
    select from examples.stock_holds where (tenant, operation_id, step) = ($1, $2, $3) and state = 'taken'
);

-- name: release
-- Puts back what is held, if anything, and leaves a tombstone either way.
with released as (
    insert into examples.stock_holds (tenant, operation_id, step, state) values ($1, $2, $3, 'released')
    on conflict (tenant, operation_id, step) do update set state = 'released' where stock_holds.state = 'held'
    returning sku, quantity
)
update examples.stock
set held = held - released.quantity
from released
where stock.sku = released.sku;
