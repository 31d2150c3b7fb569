"""From bytes in the inbox to facts and quarantined rows; ``check`` alone opens no store."""
