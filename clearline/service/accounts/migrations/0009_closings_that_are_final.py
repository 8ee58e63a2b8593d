"""Whether the closing of an account may be taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_lists_that_may_be_taken_back")]

    operations = [
        migrations.AddField(
            model_name="holder",
            name="is_final",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
