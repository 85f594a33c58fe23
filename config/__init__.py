"""The project's settings, URLs, HTTP behaviour, monitoring and local runs."""
