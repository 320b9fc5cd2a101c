"""What medicine says, as data; the only Python here is the arithmetic of the scores."""
