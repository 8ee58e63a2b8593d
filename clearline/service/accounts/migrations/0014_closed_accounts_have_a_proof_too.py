"""Those who closed before this are told on their pages where the proof will stand."""

import secrets
from typing import Final

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

AT_ONCE: Final = 500


def draw_proofs(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Draw for each closed account the number of the entry that is to end its closing."""
    holder = apps.get_model("accounts", "Holder")
    waiting = holder.objects.filter(closed_at__isnull=False, closing_proof__isnull=True)
    while some := list(waiting.values_list("pk", flat=True)[:AT_ONCE]):
        for row in some:
            holder.objects.filter(pk=row).update(closing_proof=secrets.token_hex(16))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_proofs_of_closings")]

    operations = [migrations.RunPython(draw_proofs, migrations.RunPython.noop)]
