-- Facts as a sender would write them.
select {columns} from fact order by drop_id, line_number
