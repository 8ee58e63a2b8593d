from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0001_who_was_looked_for_and_what_is_open"),
    ]

    operations = [
        migrations.AddField(
            model_name="sighting",
            name="is_proved",
            field=models.BooleanField(default=False, db_default=False),
        ),
    ]
