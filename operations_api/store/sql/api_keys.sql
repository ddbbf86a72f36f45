-- name: create_tenant
-- Make the tenant unless it is there.
insert into tenants (name) values ($1) on conflict do nothing;

-- name: create_key
-- Store a key by its hash; the same secret again changes nothing.
insert into api_keys (id, tenant, name, sha256, scopes) values ($1, $2, $3, $4, $5)
on conflict (sha256) do nothing;

-- name: find_key
-- Whose key this is, noting its use at most once a minute.
with found as (
    select id, tenant, name, scopes, created_at, last_used_at, revoked_at
    from api_keys
    where sha256 = $1 and revoked_at is null
),
used as (
    update api_keys as k
    set last_used_at = clock_timestamp()
    from found
    where k.id = found.id
      and (k.last_used_at is null or k.last_used_at < clock_timestamp() - interval '1 minute')
)
select * from found;

-- name: list_keys
-- All keys, or one tenant's.
select id, tenant, name, scopes, created_at, last_used_at, revoked_at
from api_keys
where $1::text is null or tenant = $1
order by created_at, id;

-- name: revoke_key
-- From now on the key opens nothing.
update api_keys set revoked_at = coalesce(revoked_at, clock_timestamp()) where id = $1 returning id;
