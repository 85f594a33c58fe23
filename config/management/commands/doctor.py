"""`manage.py doctor`: report what is wrong with this installation, and what to do."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.monitoring import doctor


class Command(BaseCommand):
    help = "Check every part; the exit status is 1 when there is something to do."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = doctor.examine()
        if options["json"]:
            checks = {
                finding.name: {"ok": not finding.advice, "advice": finding.advice}
                for finding in findings
            }
            report = {"ok": doctor.is_well(findings), "checks": checks}
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            for finding in findings:
                self.stdout.write(f"{finding.name:<17} {finding.advice or 'ok'}")
        if not doctor.is_well(findings):
            sys.exit(1)
