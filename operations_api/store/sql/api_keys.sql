-- name: create_tenant
-- Make the tenant unless it is there.
insert into tenants (name) values ($1) on conflict do nothing;

-- name: create_key
-- Store a key by its hash; the same secret again changes nothing.
insert into api_keys (id, tenant, name, sha256, scopes, expires_at)
values ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6))
on conflict (sha256) do nothing;

-- name: find_key
-- Whose key this is, noting its use at most once a minute, and not at all while somebody holds the row: whoever asks
-- must not wait for that.
with found as (
    select id, tenant, name, scopes, created_at, last_used_at, revoked_at, expires_at, replaced_by
    from api_keys
    where sha256 = $1 and revoked_at is null and (expires_at is null or expires_at > clock_timestamp())
),
noted as (
    select id
    from api_keys
    where id in (select id from found)
      and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')
    for no key update skip locked
),
used as (
    update api_keys as k
    set last_used_at = clock_timestamp()
    from noted
    where k.id = noted.id
)
select * from found;

-- name: list_keys
-- All keys, or one tenant's.
select id, tenant, name, scopes, created_at, last_used_at, revoked_at, expires_at, replaced_by
from api_keys
where $1::text is null or tenant = $1
order by created_at, id;

-- name: revoke_key
-- From now on the key opens nothing.
update api_keys set revoked_at = coalesce(revoked_at, clock_timestamp()) where id = $1 returning id;

-- name: rotate_key
-- Put a new key in the place of one that still works, which goes on for so long. The new one has the tenant, name, scopes
-- and length of life of the old one. A key is replaced once: nothing is returned for one that was, or has ended.
with replaced as (
    update api_keys as k
    set replaced_by = $2,
        expires_at = least(k.expires_at, clock_timestamp() + make_interval(secs => $4))
    from (select id, expires_at - created_at as lifetime from api_keys where id = $1 for no key update) as before
    where k.id = before.id
      and k.replaced_by is null and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > clock_timestamp())
    returning k.tenant, k.name, k.scopes, before.lifetime
)
insert into api_keys (id, tenant, name, sha256, scopes, expires_at)
select $2, tenant, name, $3, scopes, clock_timestamp() + lifetime
from replaced
returning id;
