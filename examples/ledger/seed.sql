-- name: lock
-- One process at a time; the others wait and then find everything there.
select pg_advisory_xact_lock(hashtext('examples.seed'));

-- name: schema_version
-- Which schema is there: the digest of the file that made it, empty when unknown, null when there is none.
select coalesce(obj_description(oid, 'pg_namespace'), '') from pg_namespace where nspname = 'examples';

-- name: open_account
insert into examples.accounts (name, kind) values ($1, $2) on conflict (name) do nothing;

-- name: stock_shelf
insert into examples.stock (sku, price_minor, received, on_hand) values ($1, $2, $3, $3) on conflict (sku) do nothing;
