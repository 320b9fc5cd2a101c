"""From a record to facts, along the timeline that each fact declares."""
