"""The name of the business that an account is for, and that no other account has one."""

from django.db import migrations, models

import clearline.trust.vault.fields


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_how_often_staff_send_a_list"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="business_name",
            field=clearline.trust.vault.fields.Personal(
                category="user.contact.organization", max_length=200, null=True, of="owner"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("business_name__isnull", False), ("kind", "business")),
                    models.Q(("business_name__isnull", True), ("kind", "personal")),
                    _connector="OR",
                ),
                name="accounts_business_is_named",
            ),
        ),
    ]
