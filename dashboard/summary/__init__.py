"""What pages say of figures: computed from published tables, in words."""
