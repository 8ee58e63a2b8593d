"""Whether the choices of an account follow the age that its holder told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_closings_that_are_final"),
    ]

    operations = [
        migrations.AddField(
            model_name="holder",
            name="is_age_heard",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
