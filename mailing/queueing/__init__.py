"""What the queues of inbox and outbox share: leases, locks, retries and tables of states."""
