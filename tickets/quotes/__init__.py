"""New text, quoted text and signatures in mail; it knows no models and no database."""
