-- What a person decided about a drop: confirm a held one, withdraw one. acted_at UTC; the ledger holds the original.
create table if not exists drop_act (
    act_id integer primary key, drop_id varchar not null, kind varchar not null, acted_at timestamp not null,
    actor varchar, reason varchar
)
