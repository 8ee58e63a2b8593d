"""User IDs that customers gave up, which for a while nobody else may take."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("safeguards", "0006_ways_in_that_nobody_confirmed_are_closed")]

    operations = [
        migrations.CreateModel(
            name="LeftUserId",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name_index", models.BinaryField(max_length=32, unique=True)),
                ("subject", models.CharField(db_index=True, max_length=32)),
                ("left_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
