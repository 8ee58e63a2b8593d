"""The public pages that promises about every page are tried on."""

PAGES = (
    *("/", "/services/", "/services/home-line/", "/rates/", "/help/", "/contact/", "/privacy/"),
    *("/privacy/choices/", "/privacy/cookies/", "/privacy/receipts/", "/your-privacy-rights/"),
    "/nowhere/",
)
