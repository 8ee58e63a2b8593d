"""Finding what Django itself would store: its loaded models and the state its migrations make.

Read from the running program, so that no form of code can hide a column from it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunSQL

from clearline.rights.agreement.columns import REMEDY
from clearline.rights.agreement.finding import Finding, FindingKind, line_of
from clearline.trust.vault.fields import Personal

SETTINGS: Final = "clearline/config/settings.py"
# Tables of other people's apps that were looked at; none holds a person's data.
KNOWN_TABLES: Final = frozenset(
    {
        "django_content_type",  # the names of models
        "auth_permission",  # the names of what may be done; nothing asks them
        "auth_group",  # empty
        "auth_group_permissions",  # empty
        "django_migrations",  # which migrations ran, and when
    }
)


class LiveColumn(NamedTuple):
    """One column as Django would make it, and what its model says of it."""

    module: str
    model: str
    table: str
    column: str
    is_told: bool


class LiveChange(NamedTuple):
    """What a migration makes that no model knows."""

    module: str
    name: str
    text: str


def live_columns() -> tuple[LiveColumn, ...]:
    """Return every column of every table that Django would make, and each stale word about one."""
    found: list[LiveColumn] = []
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta  # noqa: SLF001  # Django's own documented face
        told: Mapping[str, object] = getattr(model, "DATA", {})
        columns = {field.name: field for field in meta.local_concrete_fields}
        for name, field in columns.items():
            is_number = field.primary_key and field.auto_created
            place = (model.__module__, model.__name__, meta.db_table)
            is_told = is_number or name in told or isinstance(field, Personal)
            found.append(LiveColumn(*place, name, is_told))
        stale = (name for name in told if name not in columns and not hasattr(model, name))
        place = (model.__module__, model.__name__, meta.db_table)
        found += [LiveColumn(*place, name, is_told=False) for name in stale]
    return tuple(found)


@cache
def live_changes() -> tuple[LiveChange, ...]:
    """Return what the migrations of our apps make that the models do not say."""
    loader = MigrationLoader(None)
    ours = {each.label for each in apps.get_app_configs() if each.name.startswith("clearline.")}
    found: list[LiveChange] = []
    for (label, _name), migration in sorted(loader.disk_migrations.items()):
        if label in ours:
            module = type(migration).__module__
            found += [
                LiveChange(module, "RunSQL", "SQL in a migration changes tables unseen")
                for each in migration.operations
                if isinstance(each, RunSQL)
            ]
    for (label, model_name), state in loader.project_state().models.items():
        if label in ours:
            module = f"clearline.{label}"
            unknown = set(state.fields) - fields_of(label, model_name)
            found += [LiveChange(last_module(loader, label, name), name, "") for name in unknown]
    return tuple(found)


def fields_of(label: str, model_name: str) -> set[str]:
    """Return the fields that the loaded model has; none when there is no such model."""
    models = {each.__name__.lower(): each for each in apps.get_app_config(label).get_models()}
    model = models.get(model_name)
    if model is None:
        return set()
    meta = model._meta  # noqa: SLF001  # Django's own documented face
    return {field.name for field in (*meta.local_fields, *meta.local_many_to_many)}


def last_module(loader: MigrationLoader, label: str, column: str) -> str:
    """Return the last migration of an app that speaks of a column."""
    speaking = [
        type(migration).__module__
        for (each, _name), migration in sorted(loader.disk_migrations.items())
        if each == label and any(column in str(told.deconstruct()) for told in migration.operations)
    ]
    return speaking[-1] if speaking else f"clearline.{label}"


def find_live_columns(files: Mapping[str, str]) -> Iterator[Finding]:
    """Yield each column that Django would make and that no model's DATA tells of."""
    for each in live_columns():
        if each.table in KNOWN_TABLES:
            continue
        if not each.module.startswith("clearline."):
            app = each.module.rpartition(".models")[0]
            line = line_of(files.get(SETTINGS, ""), f'"{app}', "INSTALLED_APPS")
            text = f"table {each.table} of {app} has column {each.column}, which nobody declared"
            remedy = "Take the app out, or keep the data in a model of ours with its DATA."
            yield Finding(SETTINGS, line, FindingKind.COLUMN_UNDECLARED, text, remedy)
        elif not each.is_told:
            file = each.module.replace(".", "/") + ".py"
            line = line_in_class(files.get(file, ""), each)
            text = f"column {each.column} of {each.model} is not declared as what it is"
            yield Finding(file, line, FindingKind.COLUMN_UNDECLARED, text, REMEDY)
    for change in live_changes():
        file = change.module.replace(".", "/") + ".py"
        line = line_of(files.get(file, ""), f'"{change.name}"', change.name)
        text = change.text or f"column {change.name} is made by a migration and by no model"
        remedy = "Write it in the model, with its DATA; makemigrations writes the rest."
        yield Finding(file, line, FindingKind.COLUMN_UNDECLARED, text, remedy)


def line_in_class(text: str, column: LiveColumn) -> int:
    """Return where the column stands in its class, else where its class stands."""
    start = text.find(f"class {column.model}")
    start = max(start, 0)
    rest = text[start:]
    words = (
        f"    {column.column} = ",
        f'"{column.column}"',
        f"class {column.model}",
    )
    return text.count("\n", 0, start) + line_of(rest, *words)
