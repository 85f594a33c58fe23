"""Parse the bytes of a mail, whatever they are: without Django, without a database."""
