-- Rows of a published table that one viewer may see, as they were known in one edition.
select {columns}
from {table} as t
where ({scope}) and ({known})
