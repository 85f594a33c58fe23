"""Health checks, metrics, outage reports, error reports and logging."""
