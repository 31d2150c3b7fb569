"""The warehouse: facts with their drops, readings with their vintages; one process writes it, the run."""
