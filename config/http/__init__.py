"""HTTP behaviour of the whole service: errors, pagination, headers, parsing, API description."""
