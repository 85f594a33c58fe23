"""The operators' pages: sign-in, profile, and what all pages of the desk share."""
