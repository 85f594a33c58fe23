"""The pages of the desk about tickets: the queue, a ticket, answering."""
