"""The terminal screen: a view of one watch, by which jobs are steered."""
