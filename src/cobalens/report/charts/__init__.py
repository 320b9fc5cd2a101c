"""Charts of one person's reading: one Altair definition each gives the interactive chart, the picture and its data table."""
