-- name: set_tenant_limits
-- Give a tenant, which may be new, limits of its own; what is not to be changed stays.
with made as (
    insert into tenants (name) values ($1) on conflict do nothing
)
insert into tenant_limits as l (tenant, requests_per_second, operations_in_flight, weight)
values ($1, $3::int, $5::int, $7::int)
on conflict (tenant) do update
set requests_per_second = case when $2::boolean then excluded.requests_per_second else l.requests_per_second end,
    operations_in_flight = case when $4::boolean then excluded.operations_in_flight else l.operations_in_flight end,
    weight = case when $6::boolean then excluded.weight else l.weight end,
    set_at = clock_timestamp()
returning tenant, requests_per_second, operations_in_flight, weight;

-- name: list_tenant_limits
-- The tenants that have limits of their own.
select tenant, requests_per_second, operations_in_flight, weight from tenant_limits order by tenant;

-- name: remove_tenant_limits
-- From now on the settings hold for this tenant.
delete from tenant_limits where tenant = $1 returning tenant;

-- name: count_in_flight
-- How many operations of a tenant are not done, counting no further than asked: the work has a bound.
select count(*) from (select from operations where tenant = $1 and finished_at is null limit $2) as found;
