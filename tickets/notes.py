"""Services for notes."""
