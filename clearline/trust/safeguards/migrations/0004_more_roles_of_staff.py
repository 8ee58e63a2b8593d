"""Staff may be support, billing, privacy officer, security officer or auditor."""

from django.db import migrations, models

ROLES = [
    *("support", "billing", "marketer", "privacy_officer", "security_officer", "auditor"),
    "administrator",
]


class Migration(migrations.Migration):
    dependencies = [("safeguards", "0003_login_closed_at")]

    operations = [
        migrations.RemoveConstraint(model_name="staffrole", name="safeguards_role_known"),
        migrations.AddConstraint(
            model_name="staffrole",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ROLES)), name="safeguards_role_known"
            ),
        ),
    ]
