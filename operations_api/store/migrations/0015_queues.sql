-- additive: yes
-- A queue for each version of a definition: docs/decisions/0034-a-queue-for-each-definition.md. Until they are replaced,
-- workers of an older release sort what is ready.

drop index operations_ready;
create index operations_ready on operations (type, definition_version, fair_order) where ready;

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
