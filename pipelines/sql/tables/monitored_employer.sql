-- The monthly form of one monitored employer (失业动态监测); prev + hires - losses = cur.
create table if not exists monitored_employer (
    drop_id varchar not null, line_number integer not null, employer varchar, employer_name varchar, area varchar,
    industry varchar, division varchar, period date, base_jobs integer, prev_jobs integer, cur_jobs integer,
    hires integer, losses integer, loss_type varchar, loss_reason varchar, ownership varchar, size varchar,
    operation varchar, unpaid_persons integer
)
