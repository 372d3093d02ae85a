"""Pure functions of figures: intervals, rates, change, trend, process control, funnels, comparison, need."""
