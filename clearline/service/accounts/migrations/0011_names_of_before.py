"""Names that people had before they changed them, for thirty days."""

from django.db import migrations, models

import clearline.trust.vault.fields


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_whether_choices_follow_the_age")]

    operations = [
        migrations.CreateModel(
            name="EarlierName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(db_index=True, max_length=32)),
                (
                    "name",
                    clearline.trust.vault.fields.Personal(category="user.name", max_length=200),
                ),
                ("ended_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
