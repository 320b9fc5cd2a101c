"""The report about many people: figures as a page, worklists as a workbook, and both again as a copy that may be shared."""
