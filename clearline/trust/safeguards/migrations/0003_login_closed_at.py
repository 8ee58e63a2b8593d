"""A login knows since when its way in is taken back, so that it can be erased in time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("safeguards", "0002_right_attempts")]

    operations = [
        migrations.AddField(
            model_name="login",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
