"""Full-text search over tickets, their messages and notes, and the people in them."""
