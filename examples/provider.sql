-- name: create
-- The provider's own database is SQLite: one row per idempotency key.
create table if not exists charges (
    key text primary key,
    charge_id text not null,
    card text not null,
    amount_minor integer not null check (amount_minor > 0),
    requests integer not null default 1,
    state text not null default 'processing' check (state in ('processing', 'charged', 'declined'))
);

-- name: forget_unfinished
-- What was being processed when the provider was killed was not charged.
delete from charges where state = 'processing';

-- name: arrive
-- Notes a request; of a key that is known only the count changes.
insert into charges (key, charge_id, card, amount_minor) values (?, ?, ?, ?)
on conflict (key) do update set requests = requests + 1
returning *;

-- name: settle
-- Charges or declines, once.
update charges set state = ? where key = ? and state = 'processing';

-- name: find
-- What became of a key.
select * from charges where key = ?;

-- name: all
-- Everything, in the order it came.
select * from charges order by rowid;
