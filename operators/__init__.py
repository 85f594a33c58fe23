"""Who may act: operators, their credentials and permissions."""
