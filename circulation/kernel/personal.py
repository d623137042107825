"""What a column of the schema says of persons and items, declared where it stands.

Export and erasure (`circulation.patrons.personal_export`, `personal_data`) read it from there, so
a feature is known to them by its tables alone; tests find a column that declares nothing.
"""

from __future__ import annotations

from typing import Any, Final

#: Where the patron whom the column names is erased, or the item removed, the row is deleted.
DELETED: Final[dict[str, Any]] = {"fate": "deleted"}
#: The row stays, and names nobody then.
CUT: Final[dict[str, Any]] = {"fate": "cut"}
#: Never shown, not even to whom it belongs: it lets somebody in, or would help to find what does.
SECRET: Final[dict[str, Any]] = {"is_secret": True}
#: Of a table: it is made of the others, and tells nothing that they do not.
DERIVED: Final[dict[str, Any]] = {"is_derived": True}
#: A text that holds JSON.
JSON: Final[dict[str, Any]] = {"is_json": True}


def names(column: str) -> dict[str, Any]:
    """Names a row without a foreign key: the one may be purged before the other, or it costs too
    much.

    `column` is written as in a foreign key, such as ``patrons.id``.
    """
    return {"names": column}
