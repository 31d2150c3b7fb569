-- Months of the general file that the attacker check found protected, with a digest of all that was told of them then.
create table if not exists checked_month (month date not null, digest varchar not null)
