"""From a trace to what people and programs read: the interpretation, its four texts, and the explanation of each statement."""
