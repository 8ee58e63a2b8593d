"""The staff console's addresses; each view says who may open it."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from clearline.edge.staff import (
    bring_in,
    customers,
    health,
    ledger_pages,
    people,
    today,
    visitors,
    way_back,
)


class PublicIdConverter(StringConverter):
    """A random id as logins have it; anything else is no address."""

    regex = "[0-9a-f]{32}"


register_converter(PublicIdConverter, "public_id")
staff_urlpatterns = [
    path("", today.today, name="staff_today"),
    path("visitors/", visitors.visitors_page, name="staff_visitors"),
    path("visitors/export/", visitors.export, name="staff_visitors_export"),
    path("customers/", customers.customers, name="staff_customers"),
    path("customers/import/", bring_in.bring_in, name="staff_bring_in"),
    path(
        "customers/import/<public_id:list_number>/back/", bring_in.take_back, name="staff_list_back"
    ),
    path("customers/<public_id:subject>/", customers.customer, name="staff_customer"),
    path("customers/<public_id:subject>/open/", customers.open_one, name="staff_customer_open"),
    path("customers/<public_id:subject>/keep/", customers.keep, name="staff_customer_keep"),
    path("customers/<public_id:subject>/shut/", customers.shut, name="staff_customer_shut"),
    path(
        "customers/<public_id:subject>/way-back/",
        way_back.way_back_of,
        name="staff_customer_way_back",
    ),
    path("health/", health.health_page, name="staff_health"),
    path("ledger/", ledger_pages.entries, name="staff_ledger"),
    path("ledger/<str:entry_id>/", ledger_pages.entry, name="staff_entry"),
    path("ledger/<str:entry_id>/receipt/", ledger_pages.receipt, name="staff_receipt"),
    path("people/", people.people, name="staff_people"),
    path("people/find/", people.find_person, name="staff_person_find"),
    path("people/<public_id:public_id>/", people.person, name="staff_person"),
    path("people/<public_id:public_id>/set/", people.set_person, name="staff_person_set"),
    path("people/<public_id:waiting>/waiting/", people.decide, name="staff_person_waiting"),
]
