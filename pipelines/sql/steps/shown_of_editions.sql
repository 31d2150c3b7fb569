-- A condition: said by an edition up to the instant.
t.edition_id in (select e.edition_id from {edition} as e where e.cutoff_at <= {instant})
