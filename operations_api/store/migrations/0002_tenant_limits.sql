-- additive: yes
-- Limits of single tenants, and an index by which what a tenant has in flight is counted.

create table tenant_limits (
    tenant text primary key references tenants (name),
    requests_per_second integer,
    operations_in_flight integer,
    set_at timestamptz not null default clock_timestamp(),
    constraint tenant_limits_not_negative check (requests_per_second >= 0 and operations_in_flight >= 0)
);

create index operations_in_flight on operations (tenant) where finished_at is null;
