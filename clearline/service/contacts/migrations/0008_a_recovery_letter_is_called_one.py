"""A letter for who forgot is called one; recovery codes are those of a second factor."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0007_each_time_that_a_document_was_shown")]

    operations = [
        migrations.RenameModel(old_name="RecoveryCode", new_name="RecoveryLetter"),
        migrations.AlterField(
            model_name="recoveryletter",
            name="ask",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="letters",
                to="contacts.recoveryask",
            ),
        ),
    ]
