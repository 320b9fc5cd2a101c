"""A rival of the cohort bench: rules as CQL, run by what npm has."""
