"""The rulebook: every page exists, every link leads somewhere, nothing is fetched from elsewhere, and it can be read."""
