-- What the examples keep: a small double-entry ledger, a warehouse, imported statements, payments, probes.
--
-- Money is in minor units (cents) of one currency. Nothing is ever updated in the books themselves: a transfer and its
-- postings are only added, and an account's balance is the sum of its postings, kept beside it for quick checks.
--
-- Whatever a step obtains is a row with the primary key (tenant, operation_id, step). That one rule makes every handler
-- safe to call again: a repeat finds the row and does nothing, and a reserve that arrives after its rollback finds the
-- tombstone the rollback left behind and fails. That row is the step's barrier.

create schema examples;

create table examples.schema_version (
    digest text primary key
);

create table examples.accounts (
    name text primary key,
    kind text not null,
    balance_minor bigint not null default 0,
    held_minor bigint not null default 0,
    constraint accounts_kind_is_known check (kind in ('customer', 'merchant', 'outside')),
    constraint accounts_held_is_not_negative check (held_minor >= 0),
    -- money from outside (deposits, statements) comes from an account that may go below zero; no other may
    constraint accounts_balance_covers_what_is_held check (kind = 'outside' or balance_minor >= held_minor)
);

create table examples.transfers (
    id bigint primary key generated always as identity,
    tenant text not null,
    operation_id uuid not null,
    step text not null,
    created_at timestamptz not null default now(),
    constraint transfers_are_posted_once_per_step unique (tenant, operation_id, step)
);

create table examples.postings (
    transfer_id bigint not null references examples.transfers (id),
    account text not null references examples.accounts (name),
    amount_minor bigint not null,
    primary key (transfer_id, account),
    constraint postings_move_something check (amount_minor <> 0)
);

create index postings_by_account on examples.postings (account);

create function examples.refuse_unbalanced_transfer() returns trigger language plpgsql as $$
begin
    if (select sum(amount_minor) from examples.postings where transfer_id = new.transfer_id) <> 0 then
        raise exception 'the postings of transfer % do not sum to zero', new.transfer_id
            using errcode = 'check_violation', constraint = 'postings_sum_to_zero';
    end if;
    return null;
end
$$;

-- deferred, because a transfer is balanced once all its postings are there
create constraint trigger postings_sum_to_zero
    after insert or update on examples.postings deferrable initially deferred
    for each row execute function examples.refuse_unbalanced_transfer();

create table examples.holds (
    tenant text not null,
    operation_id uuid not null,
    step text not null,
    state text not null,
    payer text references examples.accounts (name),
    payee text references examples.accounts (name),
    amount_minor bigint,
    primary key (tenant, operation_id, step),
    constraint holds_state_is_known check (state in ('held', 'captured', 'released')),
    constraint holds_amount_is_positive check (amount_minor > 0),
    -- the release of a step that never held anything leaves an empty row
    constraint holds_only_tombstones_are_empty
        check (state = 'released' or num_nulls(payer, payee, amount_minor) = 0)
);

create index holds_open on examples.holds (payer) where state = 'held';

create table examples.stock (
    sku text primary key,
    price_minor bigint not null,
    -- grows with each change of the price, which people look at and then change; holding and taking goods does not
    -- make what they saw stale
    version bigint not null default 1,
    price_change_held boolean not null default false,
    received bigint not null,
    on_hand bigint not null,
    held bigint not null default 0,
    constraint stock_price_is_positive check (price_minor > 0),
    constraint stock_held_is_not_negative check (held >= 0),
    constraint stock_on_hand_covers_what_is_held check (on_hand >= held),
    constraint stock_on_hand_was_received check (on_hand <= received)
);

create table examples.stock_holds (
    tenant text not null,
    operation_id uuid not null,
    step text not null,
    state text not null,
    sku text references examples.stock (sku),
    quantity bigint,
    price_minor bigint,
    primary key (tenant, operation_id, step),
    constraint stock_holds_state_is_known check (state in ('held', 'taken', 'released')),
    constraint stock_holds_quantity_is_positive check (quantity > 0),
    constraint stock_holds_only_tombstones_are_empty
        check (state = 'released' or num_nulls(sku, quantity, price_minor) = 0)
);

-- the log of prices: what each step wanted to change, and which version it had seen
create table examples.price_changes (
    tenant text not null,
    operation_id uuid not null,
    step text not null,
    state text not null,
    sku text references examples.stock (sku),
    seen_version bigint,
    price_minor bigint,
    primary key (tenant, operation_id, step),
    constraint price_changes_state_is_known check (state in ('held', 'made', 'released')),
    constraint price_changes_price_is_positive check (price_minor > 0),
    constraint price_changes_only_tombstones_are_empty
        check (state = 'released' or num_nulls(sku, seen_version, price_minor) = 0)
);

-- of all who have seen one version, one changes it
create unique index price_changes_once_per_version on examples.price_changes (sku, seen_version)
where state <> 'released';

create table examples.statements (
    tenant text not null,
    operation_id uuid not null,
    step text not null,
    state text not null,
    account text references examples.accounts (name),
    statement text,
    primary key (tenant, operation_id, step),
    constraint statements_state_is_known check (state in ('staging', 'posted', 'removed')),
    constraint statements_only_tombstones_are_empty
        check (state = 'removed' or num_nulls(account, statement) = 0)
);

create unique index statements_are_imported_once on examples.statements (account, statement) where state <> 'removed';

create table examples.statement_lines (
    tenant text not null,
    operation_id uuid not null,
    step text not null,
    line integer not null,
    reference text not null,
    amount_minor bigint not null,
    primary key (tenant, operation_id, step, line),
    foreign key (tenant, operation_id, step) references examples.statements (tenant, operation_id, step),
    constraint statement_lines_amount_is_positive check (amount_minor > 0)
);

create table examples.payments (
    tenant text not null,
    operation_id uuid not null,
    step text not null,
    charge_id text not null,
    amount_minor bigint not null,
    confirmed_at timestamptz not null default now(),
    primary key (tenant, operation_id, step),
    constraint payments_amount_is_positive check (amount_minor > 0)
);

create table examples.probe_holds (
    tenant text not null,
    operation_id uuid not null,
    step text not null,
    state text not null,
    primary key (tenant, operation_id, step),
    constraint probe_holds_state_is_known check (state in ('held', 'kept', 'released'))
);
