from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0004_each_letter_has_a_link_of_its_own"),
    ]

    operations = [
        migrations.CreateModel(
            name="FactorWait",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=32, unique=True)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("ends_at", models.DateTimeField(db_index=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("token_index", models.BinaryField(max_length=32, unique=True)),
            ],
        ),
    ]
