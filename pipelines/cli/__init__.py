"""The commands of `gangshao`, one file a group."""
