"""The number of the entry that is to end a closing, by which its proof is found."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_when_an_address_was_told")]

    operations = [
        migrations.AddField(
            model_name="holder",
            name="closing_proof",
            field=models.CharField(max_length=32, null=True),
        ),
        migrations.AddConstraint(
            model_name="holder",
            constraint=models.UniqueConstraint(
                condition=Q(("closing_proof__isnull", False)),
                fields=("closing_proof",),
                name="accounts_closing_proof_once",
            ),
        ),
    ]
