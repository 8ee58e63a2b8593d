from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_addresses_a_number_and_a_device"),
    ]

    operations = [
        migrations.CreateModel(
            name="ListTaken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("staff", models.CharField(max_length=32)),
                ("taken_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["staff", "taken_at"], name="accounts_list_of_staff")
                ],
            },
        ),
    ]
