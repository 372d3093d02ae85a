"""Running notebooks for a snapshot: many at a time, each with its own limit, none harming another."""
