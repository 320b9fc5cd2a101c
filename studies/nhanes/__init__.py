"""NHANES 2001-2002 through Cobalens: how common, what a second test settles, and how plainer readings compare."""
