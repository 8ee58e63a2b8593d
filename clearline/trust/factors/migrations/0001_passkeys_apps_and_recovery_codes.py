"""Passkeys, apps that show codes, and recovery codes."""

import django.db.models.deletion
from django.db import migrations, models

import clearline.trust.vault.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("safeguards", "0005_second_factors_and_devices"),
        ("vault", "0001_keys_of_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="Passkey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    clearline.trust.vault.fields.Personal(
                        category="user.device.device_id", max_length=1400, of="login_id"
                    ),
                ),
                ("number_index", models.BinaryField(max_length=32, unique=True)),
                (
                    "public_key",
                    clearline.trust.vault.fields.Personal(
                        category="user.authorization.credentials", max_length=1400, of="login_id"
                    ),
                ),
                (
                    "name",
                    clearline.trust.vault.fields.Personal(
                        category="user.device.device_id", max_length=60, of="login_id"
                    ),
                ),
                ("sign_count", models.BigIntegerField()),
                ("added_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "login",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="safeguards.login",
                        to_field="public_id",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code_hash", models.BinaryField(max_length=32, unique=True)),
                ("made_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "login",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="safeguards.login",
                        to_field="public_id",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Totp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "secret",
                    clearline.trust.vault.fields.Personal(
                        category="user.authorization.credentials", max_length=64, of="login_id"
                    ),
                ),
                ("last_step", models.BigIntegerField()),
                ("added_at", models.DateTimeField()),
                (
                    "login",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="safeguards.login",
                        to_field="public_id",
                    ),
                ),
            ],
        ),
    ]
