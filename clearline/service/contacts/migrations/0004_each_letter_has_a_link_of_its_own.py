from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0003_how_far_an_edition_was_told"),
    ]

    operations = [
        migrations.AddField(
            model_name="recoverycode",
            name="link_index",
            field=models.BinaryField(max_length=32, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="recoverycode",
            name="row",
            field=models.BigIntegerField(null=True),
        ),
    ]
