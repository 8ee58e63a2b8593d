"""When a postal address was told, by which it goes once the change is taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_names_of_before")]

    operations = [
        migrations.AddField(
            model_name="postaladdress",
            name="told_at",
            field=models.DateTimeField(null=True),
        ),
    ]
