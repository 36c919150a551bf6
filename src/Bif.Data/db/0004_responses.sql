-- A further kind of work on finished runs: first-order responses of query tokens, which take the noise out of their scores.
alter table tasks drop constraint ck_tasks_kind;
alter table tasks add constraint ck_tasks_kind check (kind in ('comparison','removal','quality','response'));
