-- additive: yes

-- Operators: what a person stated of a step; nothing is called for such a step any more.
alter table operation_steps
    add column resolved_as text,
    add constraint operation_steps_resolved_as_known check (resolved_as in ('committed', 'released')),
    drop constraint operation_steps_state_fits_kind,
    add constraint operation_steps_state_fits_kind check (
        case kind
            when 'step' then state in ('pending', 'reserving', 'reserved', 'rejected', 'committing', 'committed',
                                       'releasing', 'released', 'compensating', 'compensated')
            else state in ('pending', 'executing', 'executed', 'rejected')
        end
    );

drop trigger operation_steps_legal_transition on operation_steps;

create trigger operation_steps_legal_transition
    before update of state on operation_steps
    for each row
    when (old.state <> new.state and (old.state || ' ' || new.state) <> all (array[
        'committed compensated',
        'committed compensating',
        'committing committed',
        'committing compensating',
        'committing released',
        'committing releasing',
        'compensating committed',
        'compensating compensated',
        'executing executed',
        'executing rejected',
        'pending executed',
        'pending executing',
        'pending rejected',
        'pending released',
        'pending reserved',
        'pending reserving',
        'releasing committed',
        'releasing released',
        'reserved committed',
        'reserved committing',
        'reserved released',
        'reserved releasing',
        'reserving committed',
        'reserving rejected',
        'reserving released',
        'reserving releasing',
        'reserving reserved'
    ]))
    execute function refuse_illegal_transition();

-- Poison: an operation that was there twice when its worker died is executed with nothing beside it.
alter table operations add column lease_alone boolean not null default false;

create index operations_suspect on operations (fair_order) where ready and lost_leases >= 2;

-- Versions: when a worker last said that it can execute this one.
alter table definitions add column announced_at timestamptz;
