"""Each time that a document was shown at the desk has a row of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0006_who_showed_a_document_at_the_desk")]

    operations = [
        migrations.AlterField(
            model_name="wayback",
            name="subject",
            field=models.CharField(db_index=True, max_length=32),
        ),
        migrations.AddField(
            model_name="wayback",
            name="ended_at",
            field=models.DateTimeField(null=True),
        ),
    ]
