-- additive: yes

-- A missing decision slipped through: compared with it, a condition is neither true nor false, and a constraint or a
-- trigger takes that for legal.
alter table operations
    drop constraint operations_success_was_decided,
    add constraint operations_success_was_decided check (
        status <> 'succeeded' or decision is not distinct from 'commit'
    ),
    drop constraint operations_cancel_was_decided,
    add constraint operations_cancel_was_decided check (
        status <> 'canceled' or decision is not distinct from 'rollback'
    );

drop trigger operations_decision_stands on operations;

create trigger operations_decision_stands
    before update of decision on operations
    for each row
    when (old.decision is not null and old.decision is distinct from new.decision
          and (old.decision <> 'commit' or new.decision is distinct from 'compensate'))
    execute function refuse_illegal_transition();
