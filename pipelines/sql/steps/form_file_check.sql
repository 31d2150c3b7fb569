-- Whether the right rows of each file meet the checks of a file as a whole.
select drop_no, [{holds}] as holds from fact group by drop_no
