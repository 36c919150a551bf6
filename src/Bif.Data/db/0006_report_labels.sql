-- Classes of the training items in the scores that a report exports.
alter table reports add column labels bytea;
