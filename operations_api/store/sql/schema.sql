-- The whole data model. A newcomer starts here.
--
-- Nouns
--   tenant            owns operations and keys; every key of a table below begins with it
--   operation         one long-running request: its status for clients, its lease for workers, its pinned steps
--   idempotency key   names the operation a client's request started; lives exactly as long as that operation
--   operation step    the journal of one step: the intent is written before an effect, the outcome after it
--   group             operations of one name that run one at a time, in the order in which they were accepted
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
--   go on    the statement that ends the head of a group makes the next one ready; a type's limit lets in what there is
--            room for
--   sweep    operations whose wake-up time has passed become ready: never dispatched, lease expired, retry or deadline due
--   clean    what is expired becomes a tombstone and its key is free; a tombstone goes when its time is over, and so does
--            a webhook that is settled
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
    -- its share of the workers while others wait too, against 1 of a tenant of which nothing is said
    weight integer,
    constraint tenant_limits_not_negative check (requests_per_second >= 0 and operations_in_flight >= 0),
    constraint tenant_limits_weight_in_range check (weight between 1 and 100)
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
    priority text not null default 'normal',
    -- its type had a limit for what runs at once when it started
    limited boolean not null default false,
    -- in the place of `ready`, of what is limited: ready as soon as its type has room
    waits_for_room boolean not null default false,
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
        finished_at is null or (not ready and not waits_for_room and next_wake_at is null and lease_owner is null)
    ),
    -- nothing is forgotten: whatever is not finished is ready, will wake, waits for room, for its group or for a person
    constraint operations_nothing_forgotten check (
        finished_at is not null or ready or next_wake_at is not null or waits_for_room
        or status = 'needs_attention' or (group_position is not null and phase = 'queued')
    ),
    constraint operations_numbers_positive check (
        version > 0 and lease_epoch >= 0 and definition_version > 0 and lost_leases >= 0 and retention_seconds > 0
    ),
    constraint operations_group_whole check (group_name is not null or group_position is null),
    constraint operations_priority_known check (priority in ('high', 'normal', 'low')),
    constraint operations_waits_for_room_or_is_ready check (not waits_for_room or limited and not ready),
    constraint operations_request_fingerprint_is_sha256 check (octet_length(request_fingerprint) = 32),
    constraint operations_named_once check (idempotency_key is null or request_fingerprint is null),
    constraint operations_tombstone_is_empty check (tombstone_until is null or deleted_at is not null)
)
-- Room for the journal's updates beside the row, so that they touch no index: a batch updates all rows of a page at once,
-- and what it leaves behind is free for the next one. With 70 a tenth of them found no room, and the table grew larger.
-- With 50 the planner takes an empty table for so small that claims sort it. Autovacuum keeps its defaults:
-- docs/decisions/0030-growth.md has the figures.
with (fillfactor = 55);

-- a queue for each version of a definition, since a worker claims what it knows
create index operations_ready on operations (type, definition_version, fair_order) where ready;
create index operations_suspect on operations (fair_order) where ready and lost_leases >= 2;
create index operations_asleep on operations (next_wake_at) where next_wake_at is not null and not ready;
-- in part only so that it never stands for the primary key: to one row of a tenant it leads past all the others
create index operations_newest on operations (tenant, created_at, id) where deleted_at is null;
-- counts what a tenant has in flight; left when an operation ends, which touches the next index anyway. With the id,
-- because statements about one operation in flight may take it for the primary key.
create index operations_in_flight on operations (tenant, id) where finished_at is null;
-- what cleaning has still to do, and nothing else: its cost does not grow with the table
create index operations_expired on operations (expires_at) where expires_at is not null and tombstone_until is null;
create index operations_tombstones on operations (tombstone_until) where tombstone_until is not null;
create index operations_blocked on operations (type) where status = 'needs_attention';
-- who is next in a group; only what has one is in it
create index operations_group_queue on operations (tenant, group_name, group_position)
    where group_name is not null and finished_at is null;
-- of types with a limit: what takes room, and what waits for some
create index operations_with_room on operations (type, fair_order)
    where limited and (ready or lease_owner is not null);
create index operations_waiting_for_room on operations (type, fair_order) where waits_for_room;

-- The versions of which anything is ready, by a look into the index for each of them.
create view ready_queues as
with recursive queue as (
    (select type, definition_version from operations where ready order by type, definition_version limit 1)
    union all
    select next.type, next.definition_version
    from queue
    cross join lateral (
        select type, definition_version
        from operations
        where ready and (type, definition_version) > (queue.type, queue.definition_version)
        order by type, definition_version
        limit 1
    ) as next
)
select type, definition_version from queue;

-- The groups in which something is not finished. Its head is the one that runs, or would; the others wait for it.
create table operation_groups (
    tenant text not null,
    name text not null,
    head uuid not null,
    last_position bigint not null,
    constraint operation_groups_pkey primary key (tenant, name)
);

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
-- the same; with 70 it was a fifth of them
with (fillfactor = 50);

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

create index webhook_secrets_expired on webhook_secrets (expires_at) where expires_at is not null;

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
-- an endpoint is a lane, and so are all the callbacks of a tenant together: what is due is taken lane by lane
create index webhooks_lanes
    on webhooks (tenant, coalesce(endpoint_id, '00000000-0000-0000-0000-000000000000'), next_attempt_at)
    where next_attempt_at is not null;
create index webhooks_by_operation on webhooks (tenant, operation_id);
create index webhooks_newest on webhooks (tenant, created_at, id);
create index webhooks_delivered on webhooks (delivered_at) where delivered_at is not null;
create index webhooks_dead on webhooks (dead_at) where dead_at is not null;

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

create index webhook_events_received on webhook_events (received_at);

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

-- Groups. A start takes its place under the lock of the group's row, which is held until it commits: the order of
-- places is the order of acceptance. Whoever ends the head makes the next one ready in the same transaction. So that
-- nobody waits in a circle: statements that may end several operations lock their groups first, by name, and what ends
-- an operation that nobody has begun, which the head's end may want to make ready, locks the group before it.

create function join_group() returns trigger language plpgsql as $$
declare
    place bigint;
    first uuid;
begin
    insert into operation_groups as g (tenant, name, head, last_position)
    values (new.tenant, new.group_name, new.id, 1)
    on conflict (tenant, name) do update set last_position = g.last_position + 1
    returning last_position, head into place, first;

    update operations
    set group_position = place,
        ready = ready and first = id,
        waits_for_room = waits_for_room and first = id,
        -- a deadline ends also what still waits
        next_wake_at = case when first = id then next_wake_at else deadline end
    where tenant = new.tenant and id = new.id;
    return null;
end
$$;

create trigger operations_join_group
    after insert on operations
    for each row
    when (new.group_name is not null)
    execute function join_group();

create function leave_group() returns trigger language plpgsql as $$
declare
    next uuid;
    now timestamptz;
begin
    -- a statement of its own: the next one sees what was committed while this one waited for the lock
    perform from operation_groups where tenant = new.tenant and name = new.group_name for update;
    perform from operation_groups where tenant = new.tenant and name = new.group_name and head = new.id;
    if not found then
        return null; -- it has ended while it waited for others
    end if;
    select id into next
    from operations
    where tenant = new.tenant and group_name = new.group_name and finished_at is null
    order by group_position
    limit 1;
    if next is null then
        delete from operation_groups where tenant = new.tenant and name = new.group_name;
        return null;
    end if;
    update operation_groups set head = next where tenant = new.tenant and name = new.group_name;
    -- one whose deadline has woken it already goes by itself; asked twice, the clock could pass not_before in between
    now := clock_timestamp();
    update operations
    set ready = coalesce(not_before <= now, true),
        next_wake_at = case when not_before > now then least(not_before, deadline) end
    where tenant = new.tenant and id = next
      and phase = 'queued' and not ready and not waits_for_room and lease_owner is null;
    return null;
end
$$;

create trigger operations_leave_group
    after update of finished_at on operations
    for each row
    when (new.group_name is not null and old.finished_at is null and new.finished_at is not null)
    execute function leave_group();

-- Limits. What is limited and becomes ready, by whatever statement, waits for room instead; only what lets it in, by
-- ending that wait, makes it ready.

create function wait_for_room() returns trigger language plpgsql as $$
begin
    new.ready := false;
    new.waits_for_room := true;
    -- a deadline ends also what still waits
    new.next_wake_at := case when new.phase = 'queued' and new.decision is null then new.deadline end;
    return new;
end
$$;

create trigger operations_start_waiting_for_room
    before insert on operations
    for each row
    when (new.limited and new.ready)
    execute function wait_for_room();

create trigger operations_wait_for_room
    before update of ready on operations
    for each row
    when (new.limited and new.ready and not old.ready and (new.waits_for_room or not old.waits_for_room))
    execute function wait_for_room();

-- Large JSON is compressed by LZ4 where the server was built with it; Postgres' own method takes five times as long.

do $$
begin
    alter table operations
        alter column input set compression lz4,
        alter column result set compression lz4;
    alter table operation_steps
        alter column reservation set compression lz4,
        alter column result set compression lz4,
        alter column checkpoint set compression lz4;
    alter table webhook_events alter column body set compression lz4;
exception when feature_not_supported then
    null;
end
$$;
