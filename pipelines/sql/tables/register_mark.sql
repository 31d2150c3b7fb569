-- How much of the list of arrivals (raw/register.jsonl) is in drop_register: its first bytes, a digest that tells
-- whether they are still the same, and the feeds known then (arrivals of others were passed over). One row or none; it
-- only saves reading, so it is no part of table hashes.
create table if not exists register_mark (size bigint not null, digest varchar not null, feeds varchar not null)
