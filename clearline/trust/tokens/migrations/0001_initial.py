"""Sign-ins of the app and the keys that each was given."""

import django.db.models.deletion
from django.db import migrations, models

import clearline.trust.tokens.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Family",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=clearline.trust.tokens.models.new_public_id,
                        max_length=32,
                        unique=True,
                    ),
                ),
                ("login", models.CharField(max_length=32)),
                ("password_mark", models.CharField(max_length=128)),
                ("began_at", models.DateTimeField(db_index=True)),
                ("renewed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["login", "began_at"], name="tokens_family_login")],
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=8)),
                ("token_index", models.BinaryField(max_length=32, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "family",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="tokens.family",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["access", "renew"])),
                        name="tokens_token_kind",
                    )
                ],
            },
        ),
    ]
