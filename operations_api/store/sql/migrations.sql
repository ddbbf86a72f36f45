-- name: lock
-- One migrates at a time; the others wait and find nothing left to do.
select pg_advisory_lock($1);

-- name: table_exists
-- Whether anything was ever migrated here.
select to_regclass('schema_migrations') is not null;

-- name: create_table
-- The list of what was applied.
create table if not exists schema_migrations (
    name text primary key,
    checksum text not null,
    additive boolean not null,
    applied_at timestamptz not null default clock_timestamp()
);

-- name: list_applied
-- What was applied, in order.
select name, checksum, additive from schema_migrations order by name;

-- name: record
-- Note that a migration was applied.
insert into schema_migrations (name, checksum, additive) values ($1, $2, $3);
