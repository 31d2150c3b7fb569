"""From rows to accepted and rejected rows, each rejection with a sentence."""
