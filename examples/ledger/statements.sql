-- name: open
-- Begins an import. No row: see why_not_opened.
insert into examples.statements (tenant, operation_id, step, state, account, statement)
select $1, $2, $3, 'staging', name, $5 from examples.accounts where name = $4
on conflict do nothing
returning state;

-- name: why_not_opened
-- The state this step's import is in already, if any, and whether the account is known.
select
    (select state from examples.statements where (tenant, operation_id, step) = ($1, $2, $3)) as state,
    exists (select from examples.accounts where name = $4) as account_is_known;

-- name: stage
-- Adds lines to an import that is still open; lines that are there already stay. False: it is not open any more.
with opened as (
    select tenant, operation_id, step from examples.statements
    where (tenant, operation_id, step) = ($1, $2, $3) and state = 'staging'
    for key share
),
staged as (
    insert into examples.statement_lines (tenant, operation_id, step, line, reference, amount_minor)
    select opened.tenant, opened.operation_id, opened.step, lines.line, lines.reference, lines.amount_minor
    from opened, unnest($4::integer[], $5::text[], $6::bigint[]) as lines (line, reference, amount_minor)
    on conflict do nothing
)
select exists (select from opened);

-- name: close
-- Ends an import; its total is to be posted. No row: it was closed before, or removed.
update examples.statements set state = 'posted'
where (tenant, operation_id, step) = ($1, $2, $3) and state = 'staging'
returning account;

-- name: totals
-- How many lines an import has, and their sum.
select count(*) as rows, coalesce(sum(amount_minor), 0)::bigint as amount_minor
from examples.statement_lines
where (tenant, operation_id, step) = ($1, $2, $3);

-- name: remove
-- Marks an import as removed and leaves that mark as a tombstone, whether or not there was anything.
insert into examples.statements (tenant, operation_id, step, state) values ($1, $2, $3, 'removed')
on conflict (tenant, operation_id, step) do update set state = 'removed' where statements.state = 'staging';

-- name: remove_lines
-- Deletes the lines of an import that was removed.
delete from examples.statement_lines
where (tenant, operation_id, step) = ($1, $2, $3)
  and exists (
    select from examples.statements where (tenant, operation_id, step) = ($1, $2, $3) and state = 'removed'
  );
