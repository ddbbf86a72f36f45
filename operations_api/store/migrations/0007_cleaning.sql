-- additive: yes
-- What is expired becomes a tombstone, and a tombstone goes: each is found by an index that holds nothing else to do.
-- What needs attention is counted by one that is nearly empty.

alter table operations
    add column tombstone_until timestamptz,
    add constraint operations_tombstone_is_empty check (tombstone_until is null or deleted_at is not null);

drop index operations_expired;
create index operations_expired on operations (expires_at) where expires_at is not null and tombstone_until is null;
create index operations_tombstones on operations (tombstone_until) where tombstone_until is not null;
create index operations_blocked on operations (type) where status = 'needs_attention';
