"""What people see: pages over the published files, read-only and scoped to the viewer."""
