-- A condition: of a file received up to the instant.
t.drop_id in (select d.drop_id from {drop_register} as d where d.received_at <= {instant})
