"""What is measured: priorities, measures, sources, areas, targets, events, periods and the words for them."""
