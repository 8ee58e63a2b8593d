"""`Personal(category=…)`: the column type of protected data. Seals on write, reads as `Sealed`."""

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression

from clearline.policy.vocabulary import Category, SubjectId
from clearline.trust.envelope import Sealer
from clearline.trust.vault.keyring import key_to_seal
from clearline.trust.vault.sealed import Sealed, TooLong, seal_text

LENGTH_MAX: Final = 4_000

Set = TypeVar("Set")
Get = TypeVar("Get")

if TYPE_CHECKING:

    class Column(models.Field[Set, Get]):
        """What the type checker is told: text or a seal is assigned, a seal is read."""

        _pyi_private_set_type: str | Sealed
        _pyi_private_get_type: Sealed

else:

    class Column(models.BinaryField, Generic[Set, Get]):
        """Bytes; Django's own class takes no types while it runs."""


class Personal(Column[Set, Get]):
    """Text about the person whom the row's `subject` names, up to `max_length` characters.

    Assign text and save: the row then holds a `Sealed`. Text in a query, in `update()` or in a
    filter is a programmer's mistake and raises TypeError: look people up by a blind index.
    """

    def __init__(
        self,
        *,
        category: Category | str,
        max_length: int = 200,
        of: str = "subject",
        null: bool = False,
    ) -> None:
        if not 0 < max_length <= LENGTH_MAX:
            message = f"A protected column holds 1 to {LENGTH_MAX} characters."
            raise ValueError(message)
        super().__init__(null=null, editable=False)
        self.category, self.of, self.characters_max = Category(category), of, max_length

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        name, path, _, _ = super().deconstruct()
        options: dict[str, Any] = {
            "category": self.category.value,
            "max_length": self.characters_max,
        }
        if self.of != "subject":
            options["of"] = self.of
        if self.null:
            options["null"] = True
        return name, path, [], options

    @property
    def bound_to(self) -> str:
        """Return the name that seals are bound to; renaming a column needs its values resealed."""
        return f"{self.model._meta.label_lower}.{self.attname}"  # noqa: SLF001  # Django's own name for it

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:  # noqa: FBT001  # Django's own signature
        del add
        value = getattr(model_instance, self.attname)
        if isinstance(value, str):
            subject = SubjectId(getattr(model_instance, self.of))
            value = self.seal(value, subject, key_to_seal(subject))
            setattr(model_instance, self.attname, value)
        return self.require_sealed(value)

    def seal(self, text: str, subject: SubjectId, key: Sealer) -> Sealed:
        """Return the seal of a text of this column. Raises TooLong."""
        if len(text) > self.characters_max:
            message = f"At most {self.characters_max} characters."
            raise TooLong(message)
        return seal_text(
            text,
            key=key,
            subject=subject,
            column=self.bound_to,
            category=self.category,
        )

    def require_sealed(self, value: object) -> Sealed | None:
        if value is None:
            return None
        if not isinstance(value, Sealed) or value.column != self.bound_to:
            message = f"{self.bound_to} takes text by assignment and save(), nothing else."
            raise TypeError(message)
        return value

    def get_prep_value(self, value: object) -> bytes | None:
        sealed = self.require_sealed(value)
        return None if sealed is None else sealed.stored

    def from_db_value(
        self, value: bytes | None, _expression: Expression, _connection: BaseDatabaseWrapper
    ) -> Sealed | None:
        return None if value is None else Sealed(bytes(value), self.bound_to, self.category)

    def get_lookup(self, lookup_name: str) -> "type[models.Lookup[Any]] | None":
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        message = f"{self.bound_to} is sealed: look people up by a blind index."
        raise TypeError(message)

    def value_to_string(self, obj: models.Model) -> str:
        del obj
        message = f"{self.bound_to} is sealed and is never written out in clear."
        raise TypeError(message)
