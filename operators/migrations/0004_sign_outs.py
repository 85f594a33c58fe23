"""How often an operator has signed out everywhere; each time ends all sessions before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operators", "0003_idempotency_keys")]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="sign_outs",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
