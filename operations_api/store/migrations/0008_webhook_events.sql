-- additive: yes
-- Webhooks of others that started nothing: of a type that nothing is said of, or not to be made an input of.
create table webhook_events (
    tenant text not null,
    source text not null,
    event_id text not null,
    type text not null,
    body json not null,
    reason text not null,
    received_at timestamptz not null default clock_timestamp(),
    constraint webhook_events_pkey primary key (tenant, source, event_id)
);
