"""An edition as plain values: what its JSON download and `policy show --json` have."""

from clearline.policy.edition import Clause, Edition


def as_plain(edition: Edition) -> dict[str, object]:
    """Return an edition under the keys that its TOML has; numbers and names become text."""
    return {
        "date": edition.date.isoformat(),
        "form": str(edition.form),
        "material": edition.is_material is True,
        "title": edition.title,
        "summary": list(edition.summary),
        "statements": {key: list(lines) for key, lines in edition.statements.items()},
        "clause": [clause_as_plain(clause) for clause in edition.clauses],
    }


def clause_as_plain(clause: Clause) -> dict[str, object]:
    return {
        "id": clause.id,
        "promise": clause.promise,
        "text": clause.text,
        "categories": list(clause.categories),
        "about": list(clause.about),
        "purpose": clause.purpose,
        "recipients": [str(recipient) for recipient in clause.recipients],
        "requires": clause.requires_text,
        "otherwise": clause.otherwise,
        "kept": str(clause.kept),
        "law": list(clause.law),
    }
