"""The audit trail: entries, anchors, and what is compared with them."""
