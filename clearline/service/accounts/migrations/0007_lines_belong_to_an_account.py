"""A line belongs to an account, so that it goes with it when the account is handed over."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROWS_AT_ONCE = 1_000


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Give each line the account of its subject: until now an imported customer owned one."""
    del editor
    lines = apps.get_model("accounts", "ImportedLine").objects
    accounts = apps.get_model("accounts", "Account").objects
    after = 0
    while rows := list(
        lines.filter(pk__gt=after).order_by("pk").values_list("pk", "subject")[:ROWS_AT_ONCE]
    ):
        after = rows[-1][0]
        owners = {subject for _, subject in rows}
        owned = accounts.filter(owner__in=owners).order_by("-pk").values_list("owner", "pk")
        account_of = dict(owned)
        for row, subject in rows:
            lines.filter(pk=row).update(account=account_of.get(subject))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_names_of_businesses"),
    ]

    operations = [
        migrations.AddField(
            model_name="importedline",
            name="account",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.account",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
