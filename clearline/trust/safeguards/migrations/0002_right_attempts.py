"""Attempts that were right are remembered, so that a guesser elsewhere does not keep the owner out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("safeguards", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="signinattempt",
            name="was_right",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
