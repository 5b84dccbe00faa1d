"""The pages for people: status, live view, dead letters, login."""
