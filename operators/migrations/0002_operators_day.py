"""Language, signature and notices of operators, and one address for one operator.

Of operators who share an address the first one keeps it; of each other it is reported and dropped.
"""

import sys

from django.db import migrations, models
from django.db.models.functions import Lower

import operators.own_addresses


def drop_shared_addresses(apps, schema_editor):
    operators = apps.get_model("operators", "Operator").objects
    holders = {}
    for operator in operators.exclude(email="").order_by("pk"):
        holder = holders.setdefault(operator.email.lower(), operator.pk)
        if holder != operator.pk:
            sys.stdout.write(
                f"\n  Operators {holder} and {operator.pk} have one address;"
                f" it is dropped of operator {operator.pk}.\n"
            )
            operators.filter(pk=operator.pk).update(email="")


class Migration(migrations.Migration):
    dependencies = [("operators", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[("ru", "Russian"), ("en", "English")],
                db_default="",
                default="",
                max_length=2,
                verbose_name="language",
            ),
        ),
        migrations.AddField(
            model_name="operator",
            name="notices",
            field=models.JSONField(
                blank=True,
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                verbose_name="notices",
            ),
        ),
        migrations.AddField(
            model_name="operator",
            name="signature",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="signature"),
        ),
        migrations.AlterField(
            model_name="operator",
            name="email",
            field=models.EmailField(
                blank=True,
                max_length=254,
                validators=[operators.own_addresses.refuse_own_address],
                verbose_name="notify at",
            ),
        ),
        migrations.RunPython(drop_shared_addresses, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="operator",
            constraint=models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(("email", ""), _negated=True),
                name="operator_email_is_unique",
                violation_error_message="Another operator has this address.",
            ),
        ),
    ]
