"""What somebody else does in the moment between two statements of an act."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Meanwhile:
    """Does something once, just before the first statement that begins so is executed.

    For `connection.execute_wrapper`; a transaction inside a test's own begins with SAVEPOINT.
    """

    before: str
    act: Callable[[], object]
    is_over: bool = False

    def __call__(
        self,
        execute: Callable[..., object],
        sql: str,
        params: object,
        many: bool,  # noqa: FBT001  # Django's own shape of it
        context: object,
    ) -> object:
        if sql.startswith(self.before) and not self.is_over:
            self.is_over = True
            self.act()
        return execute(sql, params, many, context)
