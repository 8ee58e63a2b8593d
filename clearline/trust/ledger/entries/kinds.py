"""All kinds of entries; one that is not named here cannot be written."""

from typing import Final

from clearline.trust.ledger.entries.accounts import (
    AccountClosed,
    AccountErased,
    AccountOpened,
    AccountReopened,
    CustomersImported,
    DataExported,
    DataShown,
    PolicyAgreed,
    ProfileChanged,
    ProfileShown,
    TeamChanged,
)
from clearline.trust.ledger.entries.contacts import (
    AccountRecovered,
    ChangeTakenBack,
    ContactCodeSent,
    ContactConfirmed,
    ContactReplaced,
    RecoveryCodeSent,
    RecoveryRefused,
)
from clearline.trust.ledger.entries.desk import CustomerOpened, CustomerSearched
from clearline.trust.ledger.entries.entry import LedgerEntry
from clearline.trust.ledger.entries.letters import (
    EditionTold,
    MailFailed,
    MailSent,
)
from clearline.trust.ledger.entries.logins import (
    AppSignedOut,
    CustomerPasswordChanged,
    CustomerRefused,
    CustomerSignedIn,
    StaffCreated,
    StaffPasswordChanged,
    StaffRefused,
    StaffRolesChanged,
    StaffSignedIn,
)
from clearline.trust.ledger.entries.uses import (
    ChoiceRecorded,
    EditionPublished,
    EventsLoaded,
    ReportExported,
    UseDenied,
    UseGranted,
)

KINDS: Final[dict[str, type[LedgerEntry]]] = {
    entry.kind: entry
    for entry in (
        ChoiceRecorded,
        UseDenied,
        UseGranted,
        EditionPublished,
        EventsLoaded,
        StaffSignedIn,
        StaffCreated,
        StaffRolesChanged,
        StaffPasswordChanged,
        StaffRefused,
        CustomerSignedIn,
        CustomerRefused,
        CustomerPasswordChanged,
        AppSignedOut,
        AccountOpened,
        PolicyAgreed,
        AccountClosed,
        AccountReopened,
        AccountErased,
        ProfileShown,
        ProfileChanged,
        TeamChanged,
        DataShown,
        DataExported,
        CustomersImported,
        CustomerSearched,
        CustomerOpened,
        ContactCodeSent,
        ContactConfirmed,
        ContactReplaced,
        ChangeTakenBack,
        RecoveryCodeSent,
        RecoveryRefused,
        AccountRecovered,
        MailSent,
        MailFailed,
        EditionTold,
        ReportExported,
    )
}
