-- name: lock
-- One process at a time; the others wait and then find everything there.
select pg_advisory_xact_lock(hashtext('examples.seed'));

-- name: is_created
-- Whether the tables are there.
select to_regclass('examples.schema_version') is not null;

-- name: schema_version
-- The digest of the file that made the tables.
select digest from examples.schema_version;

-- name: record_schema_version
-- Remembers it.
insert into examples.schema_version (digest) values ($1);

-- name: open_account
-- Opens an account with nothing in it, unless it is there.
insert into examples.accounts (name, kind) values ($1, $2) on conflict (name) do nothing;

-- name: stock_shelf
-- Puts goods on sale, unless they are.
insert into examples.stock (sku, price_minor, received, on_hand) values ($1, $2, $3, $3) on conflict (sku) do nothing;
