-- name: account_is_known
-- Whether there is such an account.
select exists (select from examples.accounts where name = $1);

-- name: confirm
-- Records a payment, once per step.
insert into examples.payments (tenant, operation_id, step, charge_id, amount_minor) values ($1, $2, $3, $4, $5)
on conflict (tenant, operation_id, step) do nothing;
