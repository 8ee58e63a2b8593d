"""Counts of requests, and answers kept for who asks again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_index", models.BinaryField(max_length=32, unique=True)),
                ("asked_index", models.BinaryField(max_length=32)),
                ("answer_sealed", models.BinaryField(null=True)),
                ("arrived_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="ArrivalCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("who_index", models.BinaryField(max_length=32)),
                ("began_at", models.DateTimeField(db_index=True)),
                ("count", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("who_index", "began_at"), name="arrivals_count_once"
                    )
                ],
            },
        ),
    ]
