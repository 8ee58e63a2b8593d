from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_entries_and_the_signed_tree")]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="words_hash",
            field=models.BinaryField(default=b"", max_length=32),
            preserve_default=False,
        ),
    ]
