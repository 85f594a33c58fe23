"""Tags and filters for the pages about tickets."""
