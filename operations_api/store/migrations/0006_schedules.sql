-- additive: yes
-- How far the ticks of schedules have been looked at, bodies that were started lately, and operation tokens.

create table schedules (
    tenant text not null,
    name text not null,
    looked_until timestamptz not null default clock_timestamp(),
    last_tick_at timestamptz,
    paused_at timestamptz,
    constraint schedules_pkey primary key (tenant, name),
    constraint schedules_last_tick_was_looked_at check (last_tick_at <= looked_until)
);

create table recent_bodies (
    tenant text not null,
    type text not null,
    fingerprint bytea not null,
    operation_id uuid not null,
    until timestamptz not null,
    constraint recent_bodies_pkey primary key (tenant, type, fingerprint),
    constraint recent_bodies_fingerprint_is_sha256 check (octet_length(fingerprint) = 32)
);

create index recent_bodies_until on recent_bodies (until);

create table operation_tokens (
    tenant text not null,
    token text not null,
    type text not null,
    expires_at timestamptz not null,
    constraint operation_tokens_pkey primary key (tenant, token)
);

create index operation_tokens_expired on operation_tokens (expires_at);
