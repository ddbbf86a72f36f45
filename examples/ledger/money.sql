-- name: hold
-- Sets money aside, once per step. No row comes back when that is not possible or was done before: see why_not_held.
with paying as (
    update examples.accounts
    set held_minor = held_minor + $6
    where name = $4
      and balance_minor - held_minor >= $6
      and exists (select from examples.accounts where name = $5)
      and not exists (select from examples.holds where (tenant, operation_id, step) = ($1, $2, $3))
    returning name
)
insert into examples.holds (tenant, operation_id, step, state, payer, payee, amount_minor)
select $1, $2, $3, 'held', name, $5, $6 from paying
returning state;

-- name: why_not_held
-- The state this step's hold is in already, if any, and whether both accounts are known.
select
    (select state from examples.holds where (tenant, operation_id, step) = ($1, $2, $3)) as state,
    exists (select from examples.accounts where name = $4) as payer_is_known,
    exists (select from examples.accounts where name = $5) as payee_is_known;

-- name: capture
-- Turns a hold into a payment to be posted. No row: it was captured before, or is not held any more.
update examples.holds set state = 'captured'
where (tenant, operation_id, step) = ($1, $2, $3) and state = 'held'
returning state;

-- name: release
-- Gives back what is held, if anything, and leaves a tombstone either way.
with released as (
    insert into examples.holds (tenant, operation_id, step, state) values ($1, $2, $3, 'released')
    on conflict (tenant, operation_id, step) do update set state = 'released' where holds.state = 'held'
    returning payer, amount_minor
)
update examples.accounts
set held_minor = held_minor - released.amount_minor
from released
where name = released.payer;

-- name: lock_accounts
-- Both, in the order of their names, so that opposite transfers cannot deadlock. A statement of its own: the one that
-- moves the money then sees them as they are now, and need not lock its way from an older version to the newest.
select name from examples.accounts where name in ($1, $2) order by name for no key update;

-- name: post
-- Moves $6 from $4 to $5, once per step; $7 is how much of it had been held. No row: it was posted before.
-- The accounts are locked already: see lock_accounts.
with transfer as (
    insert into examples.transfers (tenant, operation_id, step) values ($1, $2, $3)
    on conflict (tenant, operation_id, step) do nothing
    returning id
),
legs (transfer_id, account, amount_minor, held_minor) as (
    select id, $4::text, -$6::bigint, -$7::bigint from transfer
    union all
    select id, $5::text, $6::bigint, 0 from transfer
),
moved as (
    update examples.accounts
    set balance_minor = balance_minor + legs.amount_minor, held_minor = accounts.held_minor + legs.held_minor
    from legs
    where name = legs.account
    returning legs.transfer_id, name, legs.amount_minor
),
posted as (
    insert into examples.postings (transfer_id, account, amount_minor)
    select transfer_id, name, amount_minor from moved
)
select id from transfer;

-- name: transfer_of
-- The transfer a step posted before.
select id from examples.transfers where (tenant, operation_id, step) = ($1, $2, $3);
