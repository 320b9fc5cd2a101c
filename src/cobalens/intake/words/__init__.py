"""What people wrote, phrase by phrase: which concepts it names, and what the words around them make of it."""
