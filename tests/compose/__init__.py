"""Build the production stack, run it with Docker, and check it: `make test-compose`."""
