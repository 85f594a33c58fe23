"""Make HTML of mail safe to show, without models or database."""
