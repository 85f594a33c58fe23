"""Put ignored or quarantined mail back into the inbox."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mailing.inbound import replay
from mailing.kinds import MailKind


class Command(BaseCommand):
    help = "Process quarantined (or ignored) mail again, by its ids in the inbox, or all of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, help="ids as in GET /mail/inbox/")
        parser.add_argument("--all", action="store_true", help="every mail in that state")
        parser.add_argument("--state", choices=replay.REPLAYABLE, default="quarantined")
        kinds = [kind.value for kind in MailKind]
        parser.add_argument("--kind", choices=kinds, default="", help="only mail of this kind")
        parser.add_argument("--dry-run", action="store_true", help="only list them")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["ids"]) == options["all"]:
            raise CommandError("Name the ids of mails, or --all.")
        rows = replay.replayable(state=options["state"], kind=options["kind"])
        ids = options["ids"] or list(rows.values_list("pk", flat=True))
        if options["dry_run"]:
            self.stdout.write(f"{len(ids)} mails would be processed again: {ids}")
            return
        replayed, refused = replay.replay_each(ids)
        for refusal in refused:
            self.stderr.write(f"{refusal.id}: {refusal.reason}")
        self.stdout.write(f"{replayed} mails are processed again.")
        if refused:
            raise CommandError(f"{len(refused)} are not.")
