"""Everything that writes: from a file in the inbox to the published edition and the county's mailbox."""
