-- name: next_lanes
-- The next so many lanes in which something is undelivered, behind a place: each endpoint of a tenant is one, and so are
-- its callbacks together. One look into the index for each, however much is in it.
with recursive lanes (tenant, lane, place) as (
    (
        select tenant, coalesce(endpoint_id, '00000000-0000-0000-0000-000000000000'), 1
        from webhooks
        where next_attempt_at is not null
          and (tenant, coalesce(endpoint_id, '00000000-0000-0000-0000-000000000000')) > ($1, $2::uuid)
        order by 1, 2
        limit 1
    )
    union all
    select next.tenant, next.lane, lanes.place + 1
    from lanes
    cross join lateral (
        select w.tenant, coalesce(w.endpoint_id, '00000000-0000-0000-0000-000000000000') as lane
        from webhooks as w
        where w.next_attempt_at is not null
          and (w.tenant, coalesce(w.endpoint_id, '00000000-0000-0000-0000-000000000000')) > (lanes.tenant, lanes.lane)
        order by 1, 2
        limit 1
    ) as next
    where lanes.place < $3
)
select tenant, lane from lanes order by place;

-- name: claim_webhooks
-- Take webhooks that are due, of each lane and of each tenant as many as there is room for, in turn; none while an
-- earlier one of the same operation and receiver is undelivered. The next attempt is put off meanwhile: if this worker
-- dies, another one tries again then.
with found as (
    select
        room.tenant, room.of_tenant, w.id,
        row_number() over (partition by room.tenant, room.lane order by w.next_attempt_at) as in_lane
    from unnest($1::text[], $2::uuid[], $3::int[], $4::int[]) as room (tenant, lane, of_lane, of_tenant)
    cross join lateral (
        select due.id, due.next_attempt_at
        from webhooks as due
        where due.tenant = room.tenant and coalesce(due.endpoint_id, '00000000-0000-0000-0000-000000000000') = room.lane
          and due.next_attempt_at <= (select clock_timestamp())
          and not exists (
              select from webhooks as earlier
              where earlier.tenant = due.tenant and earlier.operation_id = due.operation_id and earlier.url = due.url
                and earlier.version < due.version and earlier.next_attempt_at is not null
          )
        order by due.next_attempt_at
        limit room.of_lane
    ) as w
),
in_turn as (
    select tenant, id, of_tenant, row_number() over (partition by tenant order by in_lane, random()) as turn from found
),
chosen as (
    select tenant, id from in_turn where turn <= of_tenant order by turn, tenant limit $5
),
due as (
    -- somebody else may have taken it since
    select w.tenant, w.id
    from chosen
    join webhooks as w using (tenant, id)
    where w.next_attempt_at <= clock_timestamp()
    for update of w skip locked
)
update webhooks as w
set attempts = w.attempts + 1,
    next_attempt_at = clock_timestamp() + make_interval(secs => $6)
from due
where w.tenant = due.tenant and w.id = due.id
returning w.*;

-- name: signing_secrets
-- What webhooks of this tenant are signed with now, the newest first.
select secret
from webhook_secrets
where tenant = $1 and (expires_at is null or expires_at > clock_timestamp())
order by id desc;

-- name: settle_webhook
-- What came of an attempt: taken, to be tried again in so many seconds, or (neither) given up. An attempt that was
-- given to somebody else meanwhile has no say any more.
update webhooks
set delivered_at = case when $4 then clock_timestamp() end,
    next_attempt_at = case when not $4 then clock_timestamp() + make_interval(secs => $5) end,
    dead_at = case when not $4 and $5::float8 is null then clock_timestamp() end,
    answer_status = $6,
    failure = $7
where tenant = $1 and id = $2 and attempts = $3 and next_attempt_at is not null
returning id;

-- name: disable_endpoint
-- A receiver that is gone is told nothing more.
update webhook_endpoints
set disabled_at = clock_timestamp()
where tenant = $1 and id = $2 and disabled_at is null;

-- name: forget_callback
-- The same for an operation's own callback_url.
update operations set callback_url = null where tenant = $1 and id = $2 and callback_url = $3;

-- name: bury_webhooks_of_endpoint
-- What an endpoint that is gone had not taken yet.
update webhooks
set next_attempt_at = null, dead_at = clock_timestamp(), failure = coalesce(failure, 'the receiver is gone (410)')
where tenant = $1 and next_attempt_at is not null and endpoint_id = $2
returning id;

-- name: bury_webhooks_of_operation
-- What the callback of an operation that is gone had not taken yet.
update webhooks
set next_attempt_at = null, dead_at = clock_timestamp(), failure = coalesce(failure, 'the receiver is gone (410)')
where tenant = $1 and next_attempt_at is not null and operation_id = $2 and url = $3 and endpoint_id is null
returning id;

-- name: list_webhooks
-- What a tenant's receivers were told or are to be told, the newest first; in one state, of one operation.
select id, operation_id, version, type, url, endpoint_id, created_at, attempts, next_attempt_at, delivered_at,
    dead_at, answer_status, failure
from webhooks
where tenant = $1
  and ($2::uuid is null or operation_id = $2)
  and case $3
        when 'pending' then next_attempt_at is not null
        when 'delivered' then delivered_at is not null
        when 'dead' then dead_at is not null
        else true
    end
  and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))
order by created_at desc, id desc
limit $6;

-- name: replay_webhook
-- Send it again, now and under the same id, with the whole schedule before it; not what waits for an attempt anyway.
update webhooks
set next_attempt_at = clock_timestamp(), delivered_at = null, dead_at = null, attempts = 0
where tenant = $1 and id = $2 and next_attempt_at is null
returning id, operation_id, version, type, url, endpoint_id, created_at, attempts, next_attempt_at, delivered_at,
    dead_at, answer_status, failure;

-- name: find_webhook
-- One of a tenant's webhooks.
select id, operation_id, version, type, url, endpoint_id, created_at, attempts, next_attempt_at, delivered_at,
    dead_at, answer_status, failure
from webhooks
where tenant = $1 and id = $2;

-- name: has_signing_secret
-- Whether a webhook of this tenant could be signed.
select exists (
    select from webhook_secrets where tenant = $1 and (expires_at is null or expires_at > clock_timestamp())
);

-- name: limit_old_secrets
-- Those there are stay good for so many seconds, the older ones no longer: two are enough for a rotation.
update webhook_secrets
set expires_at = case when expires_at is null then clock_timestamp() + make_interval(secs => $2)
    else clock_timestamp() end
where tenant = $1 and (expires_at is null or expires_at > clock_timestamp());

-- name: add_secret
-- The one that webhooks are signed with from now on.
insert into webhook_secrets (tenant, id, secret)
values ($1, $2, $3)
returning id, created_at, expires_at;

-- name: list_secrets
-- Which there are and how long each is good; what they are is shown once.
select id, created_at, expires_at
from webhook_secrets
where tenant = $1 and (expires_at is null or expires_at > clock_timestamp())
order by id desc;

-- name: add_endpoint
-- A receiver of whatever this tenant starts from now on.
insert into webhook_endpoints (tenant, id, url)
values ($1, $2, $3)
returning id, url, created_at, disabled_at;

-- name: list_endpoints
-- A tenant's receivers, the oldest first.
select id, url, created_at, disabled_at from webhook_endpoints where tenant = $1 order by id;

-- name: remove_endpoint
-- It hears of nothing any more.
delete from webhook_endpoints where tenant = $1 and id = $2 returning id;
