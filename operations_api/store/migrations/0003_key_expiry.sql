-- additive: yes
-- API keys end by themselves, and are replaced by others while they still work for a while.

alter table api_keys
    add column expires_at timestamptz,
    add column replaced_by uuid,
    add constraint api_keys_replaced_expires check (replaced_by is null or expires_at is not null);
