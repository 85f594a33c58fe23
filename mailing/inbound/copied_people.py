"""Find the people in To and Cc of a mail who may take part in its ticket."""

from mailing.classification.machine_senders import is_machine_address
from mailing.parsing import addresses
from mailing.parsing.message import ParsedEmail
from operators.mailboxes import mailbox
from operators.own_addresses import is_own_address
from tickets.locking import Sender

# The desk's own addresses that the mail passed through, and those of the lists that brought it.
_DELIVERED_TO = ("delivered-to", "x-original-to", "x-beenthere", "list-post")


def find_copied_people(mail: ParsedEmail, requester: str) -> list[Sender]:
    """Return whom a requester has in To and Cc besides this desk and machines, in their order."""
    others = [address for address in (*mail.to, *mail.cc) if not is_own_address(address.email)]
    if not others:
        return []
    passed = {
        mailbox(address.email)
        for name in _DELIVERED_TO
        for value in mail.all_headers(name)
        for address in addresses.parse(value)
    }
    excluded = {*passed, mailbox(requester), mailbox(mail.sender.email)}
    people: dict[str, Sender] = {}
    for address in others:
        if not is_machine_address(address.email) and mailbox(address.email) not in excluded:
            person = Sender(address.email, address.name)
            people.setdefault(person.key, person)
    return list(people.values())
