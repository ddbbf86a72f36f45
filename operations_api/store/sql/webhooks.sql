-- name: claim_webhooks
-- Take webhooks that are due, none while an earlier one of the same operation and receiver is undelivered. The next
-- attempt is put off meanwhile: if this worker dies, another one tries again then.
with due as (
    select tenant, id
    from webhooks as w
    where next_attempt_at <= (select clock_timestamp()) -- once: the index leads to what is due, and no further
      and not exists (
          select from webhooks as earlier
          where earlier.tenant = w.tenant and earlier.operation_id = w.operation_id and earlier.url = w.url
            and earlier.version < w.version and earlier.next_attempt_at is not null
      )
    order by next_attempt_at
    limit $1
    for update skip locked
)
update webhooks as w
set attempts = w.attempts + 1,
    next_attempt_at = clock_timestamp() + make_interval(secs => $2)
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

-- name: bury_webhooks
-- What a receiver that is gone had not taken yet: of its endpoint, or else of the one operation.
update webhooks
set next_attempt_at = null, dead_at = clock_timestamp(), failure = coalesce(failure, 'the receiver is gone (410)')
where tenant = $1 and next_attempt_at is not null
  and case when $2::uuid is null then operation_id = $3 and url = $4 and endpoint_id is null else endpoint_id = $2 end;

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
