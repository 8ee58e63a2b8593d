"""A sign-in of the app knows when its person proved again who they are, and what they must sign."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tokens", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="family",
            name="proved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="family",
            name="challenge",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="family",
            name="challenge_at",
            field=models.DateTimeField(null=True),
        ),
    ]
