"""Mail in and out: webhook, inbox, parsing, matching, outbox, SMTP."""
