from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def note_closed(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Say of ways in for staff that nobody confirmed since when they are closed."""
    login = apps.get_model("safeguards", "Login")
    closed = login.objects.filter(kind="staff", is_active=False, closed_at__isnull=True)
    closed.update(closed_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("safeguards", "0005_second_factors_and_devices"),
    ]

    operations = [migrations.RunPython(note_closed, migrations.RunPython.noop)]
