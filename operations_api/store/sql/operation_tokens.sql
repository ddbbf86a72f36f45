-- name: keep_token
-- A token that was made just now.
insert into operation_tokens (tenant, token, type, expires_at) values ($1, $2, $3, $4);

-- name: find_token
-- What is known of a token of this tenant.
select tenant, token, type, expires_at from operation_tokens where tenant = $1 and token = $2;
