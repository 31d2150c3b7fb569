"""One step a file; a step that has been released is never edited."""
