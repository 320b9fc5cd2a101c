"""The doors through which people and programs come in. Thin: they read, call the library, and show."""
