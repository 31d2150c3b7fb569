"""A city as data: the folder of reference tables, read strictly and checked."""
