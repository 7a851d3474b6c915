"""A desk that says what it was given: for servers, workers and Django's own pages."""
