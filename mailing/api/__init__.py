"""The API of inbox and outbox for supervisors."""
