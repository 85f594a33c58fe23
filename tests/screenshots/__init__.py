"""`make screenshots`: take the pictures of docs/desk.md anew."""
