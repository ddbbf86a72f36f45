-- The whole data model. A newcomer starts here.
--
-- Nouns
--   tenant            owns operations and keys; every key of a table below begins with it
--   operation         one long-running request: its status for clients, its lease for workers, its pinned steps
--   idempotency key   names the operation a client's request started; lives exactly as long as that operation
--   operation step    the journal of one step: the intent is written before an effect, the outcome after it
--   schedule          how far its ticks have been looked at; when they come is in the registry
--   operation token   a key that was made here, for one start
--   operator action   what a person did to an operation that needed attention, and why
--   webhook           what one receiver is to be told of one change of an operation
--
-- Verbs
--   start    one statement binds the key and inserts the operation, ready to be claimed; under the client's own id the
--            primary key takes the idempotency key's place
--   claim    a worker takes ready operations in fair order: the lease epoch grows, the wake-up time is the lease's end
--   journal  the worker writes outcome and next intent, guarded by the epoch: no row means the lease is lost
--   decide   one guarded update chooses commit or rollback; nothing ever turns it round
--   tell     the statement that ends an operation, or leaves it to a person, writes a webhook for each receiver
--   sweep    operations whose wake-up time has passed become ready: never dispatched, lease expired, retry or deadline due
--   clean    what is expired becomes a tombstone and its key is free; a tombstone goes when its time is over
--
-- The row of an operation is its own outbox: Redis only makes things quicker.
--
-- There are no foreign keys on the hot tables: operations, keys and steps are written together by one statement that
-- holds the operation's row, and a check per row would lock and look up what that statement has just written.

create table tenants (
    name text primary key,
    created_at timestamptz not null default clock_timestamp(),
    constraint tenants_name_is_a_word check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$')
);

create table api_keys (
    id uuid primary key,
    tenant text not null references tenants (name),
    name text not null default '',
    sha256 bytea not null,
    scopes text[] not null,
    created_at timestamptz not null default clock_timestamp(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    -- from then on it opens nothing
    expires_at timestamptz,
    -- the key that a rotation put in its place
    replaced_by uuid,
    constraint api_keys_sha256_unique unique (sha256),
    constraint api_keys_only_the_hash_is_stored check (octet_length(sha256) = 32),
    constraint api_keys_scopes_known check (
        scopes <@ array['submit', 'read', 'operate', 'admin'] and cardinality(scopes) > 0
    ),
    constraint api_keys_replaced_expires check (replaced_by is null or expires_at is not null)
);

create index api_keys_by_tenant on api_keys (tenant);

-- What an operator set for single tenants. Null: the setting's limit; 0: none.
create table tenant_limits (
    tenant text primary key references tenants (name),
    requests_per_second integer,
    operations_in_flight integer,
    set_at timestamptz not null default clock_timestamp(),
    constraint tenant_limits_not_negative check (requests_per_second >= 0 and operations_in_flight >= 0)
);

-- Which steps a version of a definition had when it was first seen: the same version with other steps is refused.
create table definitions (
    name text not null,
    version integer not null,
    steps json not null,
    first_seen_at timestamptz not null default clock_timestamp(),
    -- when a worker last said that it can execute this version
    announced_at timestamptz,
    constraint definitions_pkey primary key (name, version),
    constraint definitions_version_positive check (version > 0)
);

create table operations (
    tenant text not null,
    id uuid not null,
    type text not null,
    definition_version integer not null,
    -- pinned at the start: [{"key": ..., "kind": ..., "effect": ...}]
    steps json not null,
    status text not null default 'pending',
    phase text not null default 'queued',
    decision text,
    version bigint not null default 1,
    -- request
    idempotency_key text,
    -- of an operation that was started under the client's own id and so has no key
    request_fingerprint bytea,
    input json,
    labels jsonb not null default '{}',
    deadline timestamptz,
    not_before timestamptz,
    group_name text,
    group_position bigint,
    callback_url text,
    traceparent text,
    retry_of uuid,
    retention_seconds bigint not null,
    -- what clients see of the work
    progress json,
    message text,
    blocked json,
    failure json,
    result json,
    error json,
    cancel_requested_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    finished_at timestamptz,
    expires_at timestamptz,
    deleted_at timestamptz,
    -- dispatch: ready operations are claimed in fair order; the others wake when their time has come
    ready boolean not null,
    fair_order bigint not null,
    next_wake_at timestamptz,
    -- lease
    lease_epoch bigint not null default 0,
    lease_owner uuid,
    lease_expires_at timestamptz,
    lost_leases integer not null default 0,
    -- whether its worker executes nothing beside it, as it does once workers have died of it
    lease_alone boolean not null default false,
    -- whether anybody wants to hear of it: its own callback_url, or an endpoint that its tenant had when it started
    has_receivers boolean not null default false,
    -- since its retention is over: its id is answered with 410 until then
    tombstone_until timestamptz,
    constraint operations_pkey primary key (tenant, id),
    constraint operations_status_known check (
        status in ('pending', 'running', 'canceling', 'needs_attention', 'succeeded', 'failed', 'canceled')
    ),
    constraint operations_phase_known check (
        phase in ('queued', 'reserving', 'executing', 'committing', 'rolling_back', 'compensating', 'finished')
    ),
    constraint operations_decision_known check (decision in ('commit', 'rollback', 'compensate')),
    constraint operations_terminal_exactly_when_finished check (
        (status in ('succeeded', 'failed', 'canceled')) = (finished_at is not null)
    ),
    constraint operations_finished_is_a_phase check ((phase = 'finished') = (finished_at is not null)),
    constraint operations_success_was_decided check (
        status <> 'succeeded' or decision is not distinct from 'commit'
    ),
    constraint operations_cancel_was_decided check (
        status <> 'canceled' or decision is not distinct from 'rollback'
    ),
    constraint operations_result_exactly_when_succeeded check (
        (result is not null) = (status = 'succeeded' and deleted_at is null)
    ),
    constraint operations_error_exactly_when_unsuccessful check (
        (error is not null) = (status in ('failed', 'canceled') and deleted_at is null)
    ),
    constraint operations_input_until_deleted check ((input is null) = (deleted_at is not null)),
    constraint operations_deleted_only_when_finished check (deleted_at is null or finished_at is not null),
    constraint operations_expires_exactly_when_finished check ((expires_at is null) = (finished_at is null)),
    constraint operations_times_in_order check (
        created_at <= started_at and started_at <= finished_at and created_at <= finished_at
        and finished_at <= expires_at
    ),
    constraint operations_lease_whole check (
        (lease_owner is null) = (lease_expires_at is null) and (lease_owner is null or next_wake_at is not null)
    ),
    constraint operations_rest_when_finished check (
        finished_at is null or (not ready and next_wake_at is null and lease_owner is null)
    ),
    -- nothing is forgotten: whatever is not finished is ready, will wake, waits for its group or for a person
    constraint operations_nothing_forgotten check (
        finished_at is not null or ready or next_wake_at is not null
        or status = 'needs_attention' or group_position is not null
    ),
    constraint operations_numbers_positive check (
        version > 0 and lease_epoch >= 0 and definition_version > 0 and lost_leases >= 0 and retention_seconds > 0
    ),
    constraint operations_group_whole check ((group_name is null) = (group_position is null)),
    constraint operations_request_fingerprint_is_sha256 check (octet_length(request_fingerprint) = 32),
    constraint operations_named_once check (idempotency_key is null or request_fingerprint is null),
    constraint operations_tombstone_is_empty check (tombstone_until is null or deleted_at is not null)
)
-- room for the journal's updates beside the row, so that they touch no index
with (fillfactor = 70);

create index operations_ready on operations (fair_order) where ready;
create index operations_suspect on operations (fair_order) where ready and lost_leases >= 2;
create index operations_asleep on operations (next_wake_at) where next_wake_at is not null and not ready;
create index operations_newest on operations (tenant, created_at, id);
-- counts what a tenant has in flight; left when an operation ends, which touches the next index anyway
create index operations_in_flight on operations (tenant) where finished_at is null;
-- what cleaning has still to do, and nothing else: its cost does not grow with the table
create index operations_expired on operations (expires_at) where expires_at is not null and tombstone_until is null;
create index operations_tombstones on operations (tombstone_until) where tombstone_until is not null;
create index operations_blocked on operations (type) where status = 'needs_attention';

create table idempotency_keys (
    tenant text not null,
    type text not null,
    key text not null,
    fingerprint bytea not null,
    operation_id uuid not null,
    bound_at timestamptz not null default clock_timestamp(),
    constraint idempotency_keys_pkey primary key (tenant, type, key),
    constraint idempotency_keys_fingerprint_is_sha256 check (octet_length(fingerprint) = 32),
    constraint idempotency_keys_key_length check (length(key) between 1 and 255)
);

create index idempotency_keys_by_operation on idempotency_keys (tenant, operation_id);

create table operation_steps (
    tenant text not null,
    operation_id uuid not null,
    position smallint not null,
    key text not null,
    kind text not null,
    effect text not null,
    state text not null,
    -- the handler that was called last, and its calls so far
    handler text,
    attempts integer not null default 0,
    -- what its earlier calls left open: a refusal is definitive only where nothing is in doubt
    doubt text not null default 'none',
    -- set while a call may be in flight: nobody else calls before this
    call_ends_at timestamptz,
    retry_at timestamptz,
    -- when it was first called: bounds how long a reserve is retried
    called_since timestamptz,
    reservation json,
    result json,
    error json,
    checkpoint json,
    blocked_at timestamptz,
    updated_at timestamptz not null default clock_timestamp(),
    -- what a person stated of it: nothing is called for it any more
    resolved_as text,
    constraint operation_steps_pkey primary key (tenant, operation_id, position),
    constraint operation_steps_kind_known check (kind in ('step', 'pivot', 'action')),
    constraint operation_steps_effect_known check (effect in ('local', 'external')),
    constraint operation_steps_handler_known check (
        handler in ('reserve', 'execute', 'commit', 'rollback', 'compensate')
    ),
    constraint operation_steps_doubt_known check (doubt in ('none', 'retry', 'unknown', 'refused')),
    constraint operation_steps_state_fits_kind check (
        case kind
            when 'step' then state in ('pending', 'reserving', 'reserved', 'rejected', 'committing', 'committed',
                                       'releasing', 'released', 'compensating', 'compensated')
            else state in ('pending', 'executing', 'executed', 'rejected')
        end
    ),
    constraint operation_steps_resolved_as_known check (resolved_as in ('committed', 'released')),
    constraint operation_steps_attempts_not_negative check (attempts >= 0)
)
with (fillfactor = 70);

create table operator_actions (
    tenant text not null,
    operation_id uuid not null,
    id bigint generated always as identity,
    verb text not null,
    step text,
    actor text not null,
    evidence json,
    at timestamptz not null default clock_timestamp(),
    constraint operator_actions_pkey primary key (tenant, operation_id, id),
    constraint operator_actions_verb_known check (verb in ('retry', 'resolve', 'compensate', 'force-close'))
);

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
-- How far the ticks of a schedule have been looked at; while it is paused they pass.
create table schedules (
    tenant text not null,
    name text not null,
    looked_until timestamptz not null default clock_timestamp(),
    last_tick_at timestamptz,
    paused_at timestamptz,
    constraint schedules_pkey primary key (tenant, name),
    constraint schedules_last_tick_was_looked_at check (last_tick_at <= looked_until)
);

-- Of types with a window for duplicates: which operation a body has started, whatever its key was.
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

-- Keys that were made here, each for one start; the key that is bound to an operation is what consumes one.
create table operation_tokens (
    tenant text not null,
    token text not null,
    type text not null,
    expires_at timestamptz not null,
    constraint operation_tokens_pkey primary key (tenant, token)
);

create index operation_tokens_expired on operation_tokens (expires_at);

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

-- The state table of domain/states.py, as triggers whose conditions cost no function call while all is legal.

create function refuse_illegal_transition() returns trigger language plpgsql as $$
begin
    raise exception 'refused by %: the state table has no such transition', tg_name
        using errcode = 'check_violation', constraint = tg_name;
end
$$;

create trigger operations_legal_transition
    before update of status on operations
    for each row
    when (old.status <> new.status and (old.status || ' ' || new.status) <> all (array[
        'canceling canceled',
        'canceling failed',
        'canceling needs_attention',
        'canceling succeeded',
        'needs_attention canceled',
        'needs_attention canceling',
        'needs_attention failed',
        'needs_attention running',
        'needs_attention succeeded',
        'pending canceled',
        'pending canceling',
        'pending failed',
        'pending needs_attention',
        'pending running',
        'running canceled',
        'running canceling',
        'running failed',
        'running needs_attention',
        'running succeeded'
    ]))
    execute function refuse_illegal_transition();

create trigger operation_steps_legal_transition
    before update of state on operation_steps
    for each row
    when (old.state <> new.state and (old.state || ' ' || new.state) <> all (array[
        'committed compensated',
        'committed compensating',
        'committing committed',
        'committing compensating',
        'committing released',
        'committing releasing',
        'compensating committed',
        'compensating compensated',
        'executing executed',
        'executing rejected',
        'pending executed',
        'pending executing',
        'pending rejected',
        'pending released',
        'pending reserved',
        'pending reserving',
        'releasing committed',
        'releasing released',
        'reserved committed',
        'reserved committing',
        'reserved released',
        'reserved releasing',
        'reserving committed',
        'reserving rejected',
        'reserving released',
        'reserving releasing',
        'reserving reserved'
    ]))
    execute function refuse_illegal_transition();

-- A decision is taken once: only an operator-approved compensation may follow a commit.
create trigger operations_decision_stands
    before update of decision on operations
    for each row
    when (old.decision is not null and old.decision is distinct from new.decision
          and (old.decision <> 'commit' or new.decision is distinct from 'compensate'))
    execute function refuse_illegal_transition();

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
