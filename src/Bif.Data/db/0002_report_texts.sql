create table report_texts (
    report_id uuid not null constraint fk_report_texts_reports references reports (id) on delete cascade,
    shades bytea not null,
    constraint pk_report_texts primary key (report_id)
);
comment on table report_texts is 'Scores between the texts that a report shows, so that its reader can choose any token: the layout is told by the application (ReportText).';
alter table report_texts alter column shades set storage external;
