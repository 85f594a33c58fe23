"""The production stack, built and run for real: `make test-compose`."""
