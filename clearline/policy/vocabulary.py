"""The closed sets that policy, code and ledger speak in; every key is declared here once.

The keys of categories and purposes are those of the Fideslang taxonomy 3.1 (Apache-2.0, NOTICE);
what it has no word for is ours and stands at the end of each set. Descriptions for people
stand in `taxonomy/*.toml`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Self

ClauseId = NewType("ClauseId", str)  # "visits.measure"
SubjectId = NewType("SubjectId", str)  # random and public; says nothing about the person


class Category(StrEnum):
    """What kind of data. A key covers those below it: `user.device` covers `user.device.cookie`."""

    SYSTEM = "system"
    SYSTEM_AUTHENTICATION = "system.authentication"
    SYSTEM_OPERATIONS = "system.operations"
    USER = "user"
    ACCOUNT = "user.account"
    AUTHORIZATION = "user.authorization"
    BEHAVIOR = "user.behavior"
    BIOMETRIC = "user.biometric"
    CHILDRENS = "user.childrens"
    CONTACT = "user.contact"
    CONTENT = "user.content"
    DEMOGRAPHIC = "user.demographic"
    LOCATION = "user.location"
    DEVICE = "user.device"
    PAYMENT = "user.payment"
    SOCIAL = "user.social"
    UNIQUE_ID = "user.unique_id"
    TELEMETRY = "user.telemetry"
    USER_SENSOR = "user.user_sensor"
    WORKPLACE = "user.workplace"
    SENSOR = "user.sensor"
    FINANCIAL = "user.financial"
    GOVERNMENT_ID = "user.government_id"
    HEALTH_AND_MEDICAL = "user.health_and_medical"
    NAME = "user.name"
    CRIMINAL_HISTORY = "user.criminal_history"
    PRIVACY_PREFERENCES = "user.privacy_preferences"
    JOB_TITLE = "user.job_title"
    ACCOUNT_SETTINGS = "user.account.settings"
    ACCOUNT_USERNAME = "user.account.username"
    AUTHORIZATION_CREDENTIALS = "user.authorization.credentials"
    AUTHORIZATION_BIOMETRIC = "user.authorization.biometric"
    AUTHORIZATION_PASSWORD = "user.authorization.password"  # noqa: S105  # a category of data, not a password
    BEHAVIOR_BROWSING_HISTORY = "user.behavior.browsing_history"
    BEHAVIOR_MEDIA_CONSUMPTION = "user.behavior.media_consumption"
    BEHAVIOR_PURCHASE_HISTORY = "user.behavior.purchase_history"
    BEHAVIOR_SEARCH_HISTORY = "user.behavior.search_history"
    BIOMETRIC_FINGERPRINT = "user.biometric.fingerprint"
    BIOMETRIC_RETINAL = "user.biometric.retinal"
    BIOMETRIC_VOICE = "user.biometric.voice"
    BIOMETRIC_HEALTH = "user.biometric.health"
    CONTACT_ADDRESS = "user.contact.address"
    CONTACT_EMAIL = "user.contact.email"
    CONTACT_PHONE_NUMBER = "user.contact.phone_number"
    CONTACT_URL = "user.contact.url"
    CONTACT_FAX_NUMBER = "user.contact.fax_number"
    CONTACT_ORGANIZATION = "user.contact.organization"
    CONTACT_ADDRESS_CITY = "user.contact.address.city"
    CONTACT_ADDRESS_COUNTRY = "user.contact.address.country"
    CONTACT_ADDRESS_POSTAL_CODE = "user.contact.address.postal_code"
    CONTACT_ADDRESS_STATE = "user.contact.address.state"
    CONTACT_ADDRESS_STREET = "user.contact.address.street"
    CONTENT_PRIVATE = "user.content.private"
    CONTENT_PUBLIC = "user.content.public"
    CONTENT_SELF_IMAGE = "user.content.self_image"
    DEMOGRAPHIC_AGE_RANGE = "user.demographic.age_range"
    DEMOGRAPHIC_DATE_OF_BIRTH = "user.demographic.date_of_birth"
    DEMOGRAPHIC_GENDER = "user.demographic.gender"
    DEMOGRAPHIC_LANGUAGE = "user.demographic.language"
    DEMOGRAPHIC_MARITAL_STATUS = "user.demographic.marital_status"
    DEMOGRAPHIC_POLITICAL_OPINION = "user.demographic.political_opinion"
    DEMOGRAPHIC_PROFILE = "user.demographic.profile"
    DEMOGRAPHIC_RACE_ETHNICITY = "user.demographic.race_ethnicity"
    DEMOGRAPHIC_RELIGIOUS_BELIEF = "user.demographic.religious_belief"
    DEMOGRAPHIC_SEXUAL_ORIENTATION = "user.demographic.sexual_orientation"
    DEVICE_COOKIE = "user.device.cookie"
    DEVICE_COOKIE_ID = "user.device.cookie_id"
    DEVICE_DEVICE_ID = "user.device.device_id"
    DEVICE_IP_ADDRESS = "user.device.ip_address"
    FINANCIAL_BANK_ACCOUNT = "user.financial.bank_account"
    FINANCIAL_CREDIT_CARD = "user.financial.credit_card"
    GOVERNMENT_ID_BIRTH_CERTIFICATE = "user.government_id.birth_certificate"
    GOVERNMENT_ID_DRIVERS_LICENSE_NUMBER = "user.government_id.drivers_license_number"
    GOVERNMENT_ID_IMMIGRATION = "user.government_id.immigration"
    GOVERNMENT_ID_NATIONAL_IDENTIFICATION_NUMBER = (
        "user.government_id.national_identification_number"
    )
    GOVERNMENT_ID_PASSPORT_NUMBER = "user.government_id.passport_number"
    GOVERNMENT_ID_VEHICLE_REGISTRATION = "user.government_id.vehicle_registration"
    HEALTH_AND_MEDICAL_GENETIC = "user.health_and_medical.genetic"
    HEALTH_AND_MEDICAL_INSURANCE_BENEFICIARY_ID = "user.health_and_medical.insurance_beneficiary_id"
    HEALTH_AND_MEDICAL_RECORD_ID = "user.health_and_medical.record_id"
    LOCATION_IMPRECISE = "user.location.imprecise"
    LOCATION_PRECISE = "user.location.precise"
    NAME_FIRST = "user.name.first"
    NAME_LAST = "user.name.last"
    UNIQUE_ID_PSEUDONYMOUS = "user.unique_id.pseudonymous"
    DEVICE_KIND = "user.device.kind"  # phone, tablet, computer: what a count may know
    CPNI = "cpni"
    CPNI_CALL_DETAIL = "cpni.call_detail"
    CPNI_SERVICE = "cpni.service"


class Purpose(StrEnum):
    """Why data is used. A purpose in code needs a clause with exactly this purpose."""

    ANALYTICS = "analytics"
    ANALYTICS_REPORTING = "analytics.reporting"
    ANALYTICS_REPORTING_AD_PERFORMANCE = "analytics.reporting.ad_performance"
    ANALYTICS_REPORTING_CONTENT_PERFORMANCE = "analytics.reporting.content_performance"
    ANALYTICS_REPORTING_CAMPAIGN_INSIGHTS = "analytics.reporting.campaign_insights"
    ANALYTICS_REPORTING_SYSTEM = "analytics.reporting.system"
    ANALYTICS_REPORTING_SYSTEM_PERFORMANCE = "analytics.reporting.system.performance"
    COLLECT = "collect"
    EMPLOYMENT = "employment"
    EMPLOYMENT_RECRUITMENT = "employment.recruitment"
    ESSENTIAL = "essential"
    ESSENTIAL_FRAUD_DETECTION = "essential.fraud_detection"
    ESSENTIAL_LEGAL_OBLIGATION = "essential.legal_obligation"
    ESSENTIAL_SERVICE = "essential.service"
    ESSENTIAL_SERVICE_AUTHENTICATION = "essential.service.authentication"
    ESSENTIAL_SERVICE_NOTIFICATIONS = "essential.service.notifications"
    ESSENTIAL_SERVICE_OPERATIONS = "essential.service.operations"
    ESSENTIAL_SERVICE_PAYMENT_PROCESSING = "essential.service.payment_processing"
    ESSENTIAL_SERVICE_SECURITY = "essential.service.security"
    ESSENTIAL_SERVICE_UPGRADES = "essential.service.upgrades"
    ESSENTIAL_SERVICE_NOTIFICATIONS_EMAIL = "essential.service.notifications.email"
    ESSENTIAL_SERVICE_NOTIFICATIONS_SMS = "essential.service.notifications.sms"
    ESSENTIAL_SERVICE_OPERATIONS_SUPPORT = "essential.service.operations.support"
    ESSENTIAL_SERVICE_OPERATIONS_IMPROVE = "essential.service.operations.improve"
    FINANCE = "finance"
    FUNCTIONAL = "functional"
    FUNCTIONAL_STORAGE = "functional.storage"
    FUNCTIONAL_SERVICE = "functional.service"
    FUNCTIONAL_SERVICE_IMPROVE = "functional.service.improve"
    FUNCTIONAL_STORAGE_PRIVACY_PREFERENCES = "functional.storage.privacy_preferences"
    MARKETING = "marketing"
    MARKETING_ADVERTISING = "marketing.advertising"
    MARKETING_COMMUNICATIONS = "marketing.communications"
    MARKETING_ADVERTISING_FIRST_PARTY = "marketing.advertising.first_party"
    MARKETING_ADVERTISING_FREQUENCY_CAPPING = "marketing.advertising.frequency_capping"
    MARKETING_ADVERTISING_NEGATIVE_TARGETING = "marketing.advertising.negative_targeting"
    MARKETING_ADVERTISING_PROFILING = "marketing.advertising.profiling"
    MARKETING_ADVERTISING_SERVING = "marketing.advertising.serving"
    MARKETING_ADVERTISING_THIRD_PARTY = "marketing.advertising.third_party"
    MARKETING_ADVERTISING_FIRST_PARTY_CONTEXTUAL = "marketing.advertising.first_party.contextual"
    MARKETING_ADVERTISING_FIRST_PARTY_TARGETED = "marketing.advertising.first_party.targeted"
    MARKETING_ADVERTISING_THIRD_PARTY_TARGETED = "marketing.advertising.third_party.targeted"
    MARKETING_COMMUNICATIONS_EMAIL = "marketing.communications.email"
    MARKETING_COMMUNICATIONS_SMS = "marketing.communications.sms"
    OPERATIONS = "operations"
    PERSONALIZE = "personalize"
    PERSONALIZE_CONTENT = "personalize.content"
    PERSONALIZE_PROFILING = "personalize.profiling"
    PERSONALIZE_SYSTEM = "personalize.system"
    PERSONALIZE_CONTENT_LIMITED = "personalize.content.limited"
    PERSONALIZE_CONTENT_PROFILING = "personalize.content.profiling"
    PERSONALIZE_CONTENT_PROFILED = "personalize.content.profiled"
    SALES = "sales"
    THIRD_PARTY_SHARING = "third_party_sharing"
    THIRD_PARTY_SHARING_LEGAL_OBLIGATION = "third_party_sharing.legal_obligation"
    TRAIN_AI_SYSTEM = "train_ai_system"
    ANALYTICS_REPORTING_POPULARITY = "analytics.reporting.popularity"


class SubjectKind(StrEnum):
    """What a person is to the provider when the data is used."""

    VISITOR = "visitor"
    CUSTOMER = "customer"
    STAFF = "staff"


class ChoiceName(StrEnum):
    """The separate things that a person may say yes or no to; never one "marketing" flag."""

    MEASUREMENT = "measurement"
    CONTENT = "content"
    ADS = "ads"
    SALE_OR_SHARING = "sale_or_sharing"
    THIRD_PARTY_MARKETING = "third_party_marketing"
    OWN_EMAIL = "own_email"
    AFFILIATES_EMAIL = "affiliates_email"


class Answer(StrEnum):
    """What was said to one choice; *unset* is answered like *no* wherever a yes is needed."""

    YES = "yes"
    NO = "no"
    UNSET = "unset"


class Approval(StrEnum):
    """Approvals that 47 CFR 64.2007 and 64.2008 know, apart from ordinary choices."""

    CPNI_OPT_OUT = "cpni.opt_out"
    CPNI_OPT_IN = "cpni.opt_in"


class ChoiceMethod(StrEnum):
    """How a choice was told."""

    FORM = "form"
    GPC = "gpc"
    NO_COOKIE = "no_cookie"
    SIGN_IN = "sign_in"  # a browser and an account were joined
    START = "start"  # the account began with it
    APP = "app"
    IMPORT = "import"  # an earlier system had it, with its proof


class ChoiceSurface(StrEnum):
    """Where a person was asked; where nobody asked, what was seen of the browser."""

    PROMPT = "prompt"
    CHOICES = "choices"
    OPT_IN = "opt_in"
    FOOT = "foot"
    CHOICE = "choice"  # the look whether the cookie was kept
    SIGNAL = "signal"
    SIGN_IN = "sign_in"
    ACCOUNT = "account"  # the page that opens an account
    AGE = "age"  # the page that corrects an age
    APP = "app"
    IMPORT = "import"


class Ground(StrEnum):
    """The grounds on which a disclosure needs no choice of the person."""

    LEGAL_PROCESS = "legal_process"
    PROTECT_RIGHTS = "protect_rights"
    EMERGENCY = "emergency"


class RecipientClass(StrEnum):
    """Who receives data; all but the three single ones carry a name."""

    PROVIDER = "provider"
    PROCESSOR = "processor"
    AFFILIATE = "affiliate"
    THIRD_PARTY = "third_party"
    AUTHORITY = "authority"
    SUBJECT = "subject"


NAMED_RECIPIENTS = frozenset(
    {RecipientClass.PROCESSOR, RecipientClass.AFFILIATE, RecipientClass.THIRD_PARTY}
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One who gets data: `provider`, `processor:NAME`, `affiliate:NAME`, `third_party:NAME`."""

    kind: RecipientClass
    name: str = ""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the form that editions use. Raises ValueError, saying what to write instead."""
        kind_text, _, name = text.partition(":")
        try:
            kind = RecipientClass(kind_text)
        except ValueError:
            known = ", ".join(RecipientClass)
            message = f"{kind_text!r} is no kind of recipient; write one of {known}"
            raise ValueError(message) from None
        if kind in NAMED_RECIPIENTS and not name:
            message = f"it does not say which {kind}; write {kind}:NAME"
            raise ValueError(message)
        if kind not in NAMED_RECIPIENTS and name:
            message = f"{kind} stands alone; write {kind} without a name"
            raise ValueError(message)
        return cls(kind, name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else str(self.kind)


PROVIDER = Recipient(RecipientClass.PROVIDER)
