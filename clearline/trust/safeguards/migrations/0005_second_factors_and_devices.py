"""A login knows whether it has a second factor, and a session whose it is and since when."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("safeguards", "0004_more_roles_of_staff")]

    operations = [
        migrations.AddField(
            model_name="login",
            name="has_second_factor",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="login",
            name="is_password_short",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="session",
            name="began_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="session",
            name="login_index",
            field=models.BinaryField(db_index=True, max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="session",
            name="number",
            field=models.CharField(db_default="", default="", max_length=32),
        ),
        migrations.AddField(
            model_name="session",
            name="seen_at",
            field=models.DateTimeField(null=True),
        ),
    ]
