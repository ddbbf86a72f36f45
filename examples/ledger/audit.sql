-- name: books
-- What is wrong with the books and the shelves, one sentence a row. No row: everything adds up.
select format('all postings together are %s instead of zero', sum(amount_minor)) as finding
from examples.postings
having sum(amount_minor) <> 0
union all
select format('the postings of transfer %s sum to %s instead of zero', transfer_id, sum(amount_minor))
from examples.postings
group by transfer_id
having sum(amount_minor) <> 0
union all
select format('transfer %s has %s postings', transfers.id, count(postings.account))
from examples.transfers
left join examples.postings on postings.transfer_id = transfers.id
group by transfers.id
having count(postings.account) < 2
union all
select format('account %s has a balance of %s, its postings sum to %s', name, balance_minor, posted)
from examples.accounts
cross join lateral (
    select coalesce(sum(amount_minor), 0) as posted from examples.postings where account = accounts.name
) as books
where balance_minor <> posted
union all
select format('account %s says %s is held, its holds sum to %s', name, held_minor, held)
from examples.accounts
cross join lateral (
    select coalesce(sum(amount_minor), 0) as held from examples.holds where payer = accounts.name and state = 'held'
) as books
where held_minor <> held
union all
select format(
    'sku %s: received %s, on hand %s, said to be held %s, but taken %s and held %s',
    stock.sku, received, on_hand, stock.held, books.taken, books.held
)
from examples.stock
cross join lateral (
    select
        coalesce(sum(quantity) filter (where state = 'taken'), 0) as taken,
        coalesce(sum(quantity) filter (where state = 'held'), 0) as held
    from examples.stock_holds where stock_holds.sku = stock.sku
) as books
where on_hand <> received - books.taken or stock.held <> books.held
union all
select format(
    'the price of %s has version %s after %s changes, and %s are said to be held of %s',
    stock.sku, version, books.made, price_change_held::int, books.held
)
from examples.stock
cross join lateral (
    select count(*) filter (where state = 'made') as made, count(*) filter (where state = 'held') as held
    from examples.price_changes where price_changes.sku = stock.sku
) as books
where version <> 1 + books.made or price_change_held::int <> books.held;

-- name: finished_operations
-- Where the state of something obtained contradicts how its operation ended, one sentence a row.
with obtained as (
    select tenant, operation_id, step, state, state = 'captured' as is_final from examples.holds
    union all
    select tenant, operation_id, step, state, state = 'taken' from examples.stock_holds
    union all
    select tenant, operation_id, step, state, state = 'made' from examples.price_changes
    union all
    select tenant, operation_id, step, state, state = 'posted' from examples.statements
    union all
    select tenant, operation_id, step, state, state = 'kept' from examples.probe_holds
)
select format(
    'operation %s is %s, but what its step %s obtained is %s',
    operations.id, operations.status, obtained.step, obtained.state
) as finding
from obtained
join operations on operations.tenant = obtained.tenant and operations.id = obtained.operation_id
where (operations.status = 'succeeded' and not obtained.is_final)
   or (operations.status in ('failed', 'canceled') and obtained.state not in ('released', 'removed'));
