-- additive: yes
-- A queue for each version of a definition: docs/decisions/0034-a-queue-for-each-definition.md. Until they are replaced,
-- processes of an older release sort what is ready: migrate while that is little.

-- under another name first, so that whoever reads need not wait until it is built
create index operations_ready_of_each on operations (type, definition_version, fair_order) where ready;
drop index operations_ready;
alter index operations_ready_of_each rename to operations_ready;

-- The versions of which anything is ready, by a look into the index for each of them.
create view ready_queues as
with recursive queue as (
    (select type, definition_version from operations where ready order by type, definition_version limit 1)
    union all
    select next.type, next.definition_version
    from queue
    cross join lateral (
        select type, definition_version
        from operations
        where ready and (type, definition_version) > (queue.type, queue.definition_version)
        order by type, definition_version
        limit 1
    ) as next
)
select type, definition_version from queue;
