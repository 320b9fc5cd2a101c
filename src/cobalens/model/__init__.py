"""What things mean: records, facts, tables, rules, traces, answers. Frozen values, no I/O."""
