"""What a request is: requester, ticket, messages, history, and how a ticket moves."""
