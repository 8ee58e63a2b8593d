"""People, the accounts they hold, and how to reach them; all that is theirs is sealed."""

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q

from clearline.policy.vocabulary import Category
from clearline.service.accounts.roles import AccountKind, AddressKind, MemberRole
from clearline.trust.vault.fields import Personal


class Holder(models.Model):
    """A person with a way in. `subject` is the public id of their login."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "opened_at": "a moment of our own",
        "closed_at": "a moment of our own",
        "closing_proof": "an entry by random number",
        "is_final": Category.DEMOGRAPHIC_AGE_RANGE,  # true only of who was said to be under 13
        "is_age_heard": "whether the choices follow the age",
    }

    subject = models.CharField(max_length=32, unique=True)
    name = Personal(category=Category.NAME, max_length=200)
    screen_name = Personal(category=Category.ACCOUNT_USERNAME, max_length=40, null=True)
    age_range = Personal(category=Category.DEMOGRAPHIC_AGE_RANGE, max_length=16, null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, db_index=True)  # until it is erased, taken back
    # The entry that is to end the closing: that all was erased, or that it was taken back.
    closing_proof = models.CharField(max_length=32, null=True)  # noqa: DJ001  # open ones have none
    is_final = models.BooleanField(default=False, db_default=False)
    # False where the age was told before every choice followed it; the worker looks at those.
    is_age_heard = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["closing_proof"],
                name="accounts_closing_proof_once",
                condition=Q(closing_proof__isnull=False),
            )
        ]


class EarlierName(models.Model):
    """A name that somebody had until they changed it; the desk compares with it for thirty days."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "ended_at": "a moment of our own",
    }

    subject = models.CharField(max_length=32, db_index=True)
    name = Personal(category=Category.NAME, max_length=200)
    ended_at = models.DateTimeField(db_index=True)


class EmailAddress(models.Model):
    """One e-mail address of one person, from when to when it was theirs.

    Of record it is 30 days after `added_at` (47 CFR 64.2003(b)), and the first one at once.
    """

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "address_index": Category.CONTACT_EMAIL,  # only as a keyed hash
        "added_at": "a moment of our own",
        "confirmed_at": "a moment of our own",
        "ended_at": "a moment of our own",
    }

    subject = models.CharField(max_length=32, db_index=True)
    address = Personal(category=Category.CONTACT_EMAIL, max_length=254)
    address_index = models.BinaryField(max_length=32, db_index=True)
    added_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                name="accounts_email_one_current",
                condition=Q(ended_at__isnull=True),
            )
        ]


class Account(models.Model):
    """A contract with one person or one business, by the number that is on its bills."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "owner": "random and public",
        "number_index": Category.ACCOUNT,  # only as a keyed hash
        "kind": "a word of a closed list",
        "opened_at": "a moment of our own",
    }

    owner = models.CharField(max_length=32, db_index=True)
    number = Personal(category=Category.ACCOUNT, max_length=32, of="owner")
    number_index = models.BinaryField(max_length=32, unique=True)
    kind = models.CharField(max_length=16)
    business_name = Personal(
        category=Category.CONTACT_ORGANIZATION, max_length=200, of="owner", null=True
    )
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in AccountKind]),
                name="accounts_account_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind=AccountKind.BUSINESS.value, business_name__isnull=False)
                | Q(kind=AccountKind.PERSONAL.value, business_name__isnull=True),
                name="accounts_business_is_named",
            ),
        ]


class Member(models.Model):
    """What one person may do in one account."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "account": "points at an account",
        "subject": "random and public",
        "role": "a word of a closed list",
        "since": "a moment of our own",
    }

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="members")
    subject = models.CharField(max_length=32, db_index=True)
    role = models.CharField(max_length=16)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "subject"], name="accounts_member_once"),
            models.UniqueConstraint(
                fields=["account"],
                name="accounts_one_owner",
                condition=Q(role=MemberRole.OWNER.value),
            ),
            models.CheckConstraint(
                condition=Q(role__in=[role.value for role in MemberRole]),
                name="accounts_member_role",
            ),
        ]


class Agreement(models.Model):
    """That a person agreed to an edition of the policy, and the entry that proves it."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "edition": "a day",
        "agreed_at": "a moment of our own",
        "proof": "an entry by random number",
    }

    subject = models.CharField(max_length=32)
    edition = models.DateField()
    agreed_at = models.DateTimeField()
    proof = models.CharField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "edition"], name="accounts_agreed_once")
        ]


class ImportedCustomer(models.Model):
    """What an earlier system knew of a customer beside name, address and number.

    Balance, choices and user ID wait here for the tables that will hold them. `row_index` is the
    keyed hash of the whole row, by which the same row is known again.
    """

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "row_index": Category.ACCOUNT,  # only as a keyed hash
        "imported_at": "a moment of our own",
        "list_number": "a list by random number",
    }

    subject = models.CharField(max_length=32, unique=True)
    row_index = models.BinaryField(max_length=32)
    balance = Personal(category=Category.FINANCIAL, max_length=16, null=True)
    choices = Personal(category=Category.PRIVACY_PREFERENCES, max_length=400, null=True)
    choices_proof = Personal(category=Category.PRIVACY_PREFERENCES, max_length=1_000, null=True)
    user_id = Personal(category=Category.ACCOUNT_USERNAME, max_length=64, null=True)
    imported_at = models.DateTimeField()
    # Of the list that they stood in; "" where they came in before lists were counted.
    list_number = models.CharField(max_length=32, default="", db_default="", db_index=True)


class ImportedLine(models.Model):
    """A telephone number that an earlier system served in an account; of its owner."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "account": "points at an account",
        "number_index": Category.CONTACT_PHONE_NUMBER,  # only as a keyed hash
    }

    subject = models.CharField(max_length=32, db_index=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", null=True)
    number = Personal(category=Category.CONTACT_PHONE_NUMBER, max_length=16)
    number_index = models.BinaryField(max_length=32, unique=True)


class BroughtList(models.Model):
    """A list of customers that was brought in, and how far taking it back again is."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "number": "a list by random number",
        "by": "a job, or staff by random number",
        "brought_at": "a moment of our own",
        "asked_by": "staff by random number",
        "asked_at": "a moment of our own",
        "taken_back_at": "a moment of our own",
    }

    number = models.CharField(max_length=32, unique=True)
    by = models.CharField(max_length=60)
    brought_at = models.DateTimeField(db_index=True)
    asked_by = models.CharField(max_length=32, default="")
    asked_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)


class ListTaken(models.Model):
    """That someone of the staff sent a list of customers, to count how often they do."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "staff": "staff by random number",
        "taken_at": "a moment of our own",
    }

    staff = models.CharField(max_length=32)
    taken_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["staff", "taken_at"], name="accounts_list_of_staff")]


class CustomerInvitation(models.Model):
    """The letter by which an imported customer is to choose how they sign in: the newest of each.

    It is bound to the person and to the address that it went to.
    """

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "token_index": "a keyed hash of a random code",
        "address_index": Category.CONTACT_EMAIL,  # only as a keyed hash
        "invited_at": "a moment of our own",
        "expires_at": "a moment of our own",
        "used_at": "a moment of our own",
    }

    subject = models.CharField(max_length=32, unique=True)
    token_index = models.BinaryField(max_length=32, unique=True)
    address_index = models.BinaryField(max_length=32)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class PostalAddress(models.Model):
    """Where bills go, or where somebody uses a service; anywhere, with a street or without."""

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "kind": "a word of a closed list",
        "told_at": "a moment of our own",
    }

    subject = models.CharField(max_length=32)
    kind = models.CharField(max_length=16)
    street = Personal(category=Category.CONTACT_ADDRESS_STREET, max_length=200, null=True)
    city = Personal(category=Category.CONTACT_ADDRESS_CITY, max_length=100)
    state = Personal(category=Category.CONTACT_ADDRESS_STATE, max_length=100, null=True)
    postal_code = Personal(category=Category.CONTACT_ADDRESS_POSTAL_CODE, max_length=16, null=True)
    country = Personal(category=Category.CONTACT_ADDRESS_COUNTRY, max_length=60)
    told_at = models.DateTimeField(null=True)  # None: before it could be taken back

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "kind"], name="accounts_one_address_of_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in AddressKind]),
                name="accounts_address_kind",
            ),
        ]


class ContactNumber(models.Model):
    """A telephone number at which somebody may be reached, as they gave it.

    It is no number of record: that is one of a service itself (47 CFR 64.2003(q)), an ImportedLine.
    """

    DATA: ClassVar[Mapping[str, Category | str]] = {
        "subject": "random and public",
        "number_index": Category.CONTACT_PHONE_NUMBER,  # only as a keyed hash
    }

    subject = models.CharField(max_length=32, unique=True)
    number = Personal(category=Category.CONTACT_PHONE_NUMBER, max_length=16)
    number_index = models.BinaryField(max_length=32, db_index=True)  # a family may share one


class Device(models.Model):
    """With what kind of device somebody uses their service."""

    DATA: ClassVar[Mapping[str, Category | str]] = {"subject": "random and public"}

    subject = models.CharField(max_length=32, unique=True)
    kind = Personal(category=Category.DEVICE_KIND, max_length=16)
