create table tasks (
    run_id uuid not null constraint fk_tasks_runs references runs (id) on delete cascade,
    task integer not null,
    kind text not null constraint ck_tasks_kind check (kind in ('comparison','removal','quality')),
    input jsonb not null,
    state text not null constraint ck_tasks_state check (state in ('queued','running','finished','failed','cancelled')),
    message text,
    error text,
    fraction double precision,
    result jsonb,
    owner text,
    attempts integer not null,
    cancel_requested boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    constraint pk_tasks primary key (run_id, task)
);
comment on table tasks is 'Work on finished runs that a person ordered: other attribution methods, retraining without a set of items, measuring how well the run predicts retraining.';

create table method_scores (
    run_id uuid not null constraint fk_method_scores_runs references runs (id) on delete cascade,
    method text not null,
    query integer not null,
    scores bytea not null,
    constraint pk_method_scores primary key (run_id, method, query)
);
comment on table method_scores is 'Scores of comparison methods over the training items, negative = helpful as scores.bif: float32, little-endian. Units differ from method to method.';
alter table method_scores alter column scores set storage external;
