-- Facts about the published file.
select key, value from manifest
