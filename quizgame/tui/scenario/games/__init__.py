"""What the screens of a scenario, of a lab and of the free cluster do not share: words, panes, keys, ends."""
