-- Queries of finished runs can be stopped.
alter table added_queries add column cancel_requested boolean not null default false;
alter table added_queries drop constraint ck_added_queries_state;
alter table added_queries add constraint ck_added_queries_state check (state in ('queued','running','finished','failed','cancelled'));
