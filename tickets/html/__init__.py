"""HTML of mail made safe to show; it knows no models and no database."""
