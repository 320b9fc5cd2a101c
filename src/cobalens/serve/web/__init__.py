"""The web pages and the JSON interface: a thin door. What is said about a person is made in `report`."""
