-- name: remember_definition
-- The steps this version had when it was first seen, which is now if nobody has seen it.
insert into definitions (name, version, steps) values ($1, $2, $3::json)
on conflict (name, version) do update set name = excluded.name
returning steps;
