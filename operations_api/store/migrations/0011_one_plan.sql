-- additive: yes
-- Indexes by which a statement about one operation cannot come past all of its tenant's, whatever the planner knows.

drop index operations_newest;
create index operations_newest on operations (tenant, created_at, id) where deleted_at is null;
drop index operations_in_flight;
create index operations_in_flight on operations (tenant, id) where finished_at is null;
