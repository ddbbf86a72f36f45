-- additive: yes
-- Webhooks: rows written with the change they tell of, whom they are for, and what they are signed with.

-- whether anybody wants to hear of it: its own callback_url, or an endpoint that its tenant had when it started
alter table operations add column has_receivers boolean not null default false;

-- Where a tenant wants to hear of all its operations that are started from then on.
create table webhook_endpoints (
    tenant text not null references tenants (name),
    id uuid not null,
    url text not null,
    created_at timestamptz not null default clock_timestamp(),
    -- its receiver has answered that it is gone
    disabled_at timestamptz,
    constraint webhook_endpoints_pkey primary key (tenant, id)
);

-- What a tenant's webhooks are signed with: the newest, and while it takes over also the one before.
create table webhook_secrets (
    tenant text not null references tenants (name),
    id uuid not null,
    secret bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,
    constraint webhook_secrets_pkey primary key (tenant, id),
    constraint webhook_secrets_length check (octet_length(secret) between 24 and 64)
);

-- What receivers are told of changes: written by the statement that changes the operation, sent by any worker.
create table webhooks (
    tenant text not null,
    id uuid not null,
    operation_id uuid not null,
    -- of the operation when it changed: the order in which a receiver is told
    version bigint not null,
    type text not null,
    url text not null,
    -- null: the operation's own callback_url
    endpoint_id uuid,
    created_at timestamptz not null default clock_timestamp(),
    attempts integer not null default 0,
    -- exactly one is set: when it is tried next, when it was taken, when it was given up
    next_attempt_at timestamptz default clock_timestamp(),
    delivered_at timestamptz,
    dead_at timestamptz,
    -- of the last attempt
    answer_status integer,
    failure text,
    constraint webhooks_pkey primary key (tenant, id),
    constraint webhooks_in_one_place check (num_nonnulls(next_attempt_at, delivered_at, dead_at) = 1),
    constraint webhooks_attempts_not_negative check (attempts >= 0)
);

create index webhooks_due on webhooks (next_attempt_at) where next_attempt_at is not null;
create index webhooks_undelivered on webhooks (tenant, operation_id, url, version) where next_attempt_at is not null;

-- Wherever a statement ends an operation or leaves it to a person, its receivers are told by rows of the same
-- transaction. The condition costs nobody anything whose operations have no receiver.

create function note_webhooks() returns trigger language plpgsql as $$
begin
    insert into webhooks (tenant, id, operation_id, version, type, url, endpoint_id)
    select new.tenant, gen_random_uuid(), new.id, new.version, 'operation.' || new.status, receiver.url, receiver.id
    from (
        select new.callback_url as url, null::uuid as id where new.callback_url is not null
        union all
        select url, id from webhook_endpoints where tenant = new.tenant and disabled_at is null
    ) as receiver;
    return null;
end
$$;

create trigger operations_tell_receivers
    after update of status on operations
    for each row
    when (new.has_receivers and old.status <> new.status
          and new.status in ('needs_attention', 'succeeded', 'failed', 'canceled'))
    execute function note_webhooks();
