-- additive: yes

-- Starting under the client's own id: no key binds the body's fingerprint to the operation, so it is kept with it.
alter table operations
    add column request_fingerprint bytea,
    add constraint operations_request_fingerprint_is_sha256 check (octet_length(request_fingerprint) = 32),
    add constraint operations_named_once check (idempotency_key is null or request_fingerprint is null);
