create schema if not exists quartz;

create table runs (
    id uuid not null constraint pk_runs primary key,
    name text not null,
    is_demo boolean not null,
    state text not null constraint ck_runs_state check (state in ('queued','preparing','sampling','estimating','finished','cancelled','failed')),
    priority integer not null,
    directory text not null,
    spec jsonb not null,
    record jsonb,
    train_items jsonb,
    query_items jsonb,
    message text,
    error text,
    fraction double precision,
    cancel_requested boolean not null,
    attempts integer not null,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    scored_at timestamptz,
    score_draws integer not null,
    noise_floor double precision,
    item_variance bytea,
    item_loss bytea
);
comment on column runs.item_variance is 'Variance of each training item''s loss over the draws, nats squared (its influence on itself): float32, little-endian.';
comment on column runs.item_loss is 'Loss of each training item at the checkpoint, nats: float32, little-endian.';
alter table runs alter column item_variance set storage external;
alter table runs alter column item_loss set storage external;
create index ix_runs_created_at on runs (created_at);

create table chains (
    run_id uuid not null constraint fk_chains_runs references runs (id) on delete cascade,
    chain integer not null,
    state text not null constraint ck_chains_state check (state in ('queued','running','completed','interrupted','diverged','failed')),
    draws integer not null,
    total_draws integer not null,
    loss double precision not null,
    draws_per_second double precision not null,
    losses bytea not null,
    owner text,
    attempts integer not null,
    updated_at timestamptz not null,
    constraint pk_chains primary key (run_id, chain)
);
comment on column chains.losses is 'Mean training loss of each draw in nats: float32, little-endian.';

create table scores (
    run_id uuid not null constraint fk_scores_runs references runs (id) on delete cascade,
    query integer not null,
    draws integer not null,
    correlation bytea not null,
    correlation_error bytea not null,
    bif bytea not null,
    bif_error bytea not null,
    constraint pk_scores primary key (run_id, query)
);
comment on table scores is 'One row per query; vectors over the training items: float32, little-endian. correlation: positive = helpful. bif: minus covariance in nats squared, negative = helpful.';
alter table scores alter column correlation set storage external;
alter table scores alter column correlation_error set storage external;
alter table scores alter column bif set storage external;
alter table scores alter column bif_error set storage external;

create table added_queries (
    run_id uuid not null constraint fk_added_queries_runs references runs (id) on delete cascade,
    query integer not null,
    state text not null constraint ck_added_queries_state check (state in ('queued','running','finished','failed')),
    source text not null,
    label integer,
    description text not null,
    data_path text not null,
    png bytea,
    way text,
    message text,
    fraction double precision,
    seconds double precision,
    created_at timestamptz not null,
    constraint pk_added_queries primary key (run_id, query)
);
comment on table added_queries is 'Queries asked of a finished run, numbered after its own; their scores stand in scores.';

create table reports (
    id uuid not null constraint pk_reports primary key,
    run_id uuid,
    title text not null,
    token_hash bytea not null constraint uq_reports_token_hash unique,
    content jsonb not null,
    correlation bytea not null,
    correlation_error bytea not null,
    bif bytea not null,
    bif_error bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz
);
comment on table reports is 'Immutable snapshots, read by token; they outlive the run. token_hash is SHA-256 of the token.';

create table report_images (
    report_id uuid not null constraint fk_report_images_reports references reports (id) on delete cascade,
    name text not null,
    png bytea not null,
    constraint pk_report_images primary key (report_id, name)
);
