"""Whether a body is one that an SDK's own types allow: nothing unknown in it, nothing missing, nothing of the wrong type.

Pydantic forgives by itself: it takes `"5"` for a number, and lets unknown fields of a `TypedDict` and of an SDK's models pass. So
it is asked to be strict, and what comes out is compared with what went in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pydantic


@cache
def _adapter(kind: Any) -> pydantic.TypeAdapter:
    return pydantic.TypeAdapter(kind)


def assert_fits(kind: Any, body: Any, but: tuple[str, ...] = ()) -> None:
    """Judges a body by a type of an SDK: a pydantic model, a `TypedDict`, or a union of them. `but`: how fields may begin that it
    need not know."""
    read = _adapter(kind).validate_python(body, strict=True)
    lost = [path for path in _lost(body, _unrolled(read), "$") if not path.rsplit(".", 1)[1].startswith(but or ("\0",))]
    assert not lost, f"{getattr(kind, '__name__', kind)} has no {', '.join(lost)}"


def _unrolled(value: Any) -> Any:
    """Plain data. Pydantic looks at an `Iterable` only while one goes through it."""
    if isinstance(value, pydantic.BaseModel):
        # What a model has beside its fields it does not know; what was not there is not there.
        return {field: _unrolled(getattr(value, field)) for field in value.model_fields_set - set(value.model_extra or ())}
    if isinstance(value, Mapping):
        return {key: _unrolled(one) for key, one in value.items()}
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        return value
    return [_unrolled(one) for one in value]


def _lost(body: Any, read: Any, at: str) -> Iterator[str]:
    """Where there is something in a body that the type did not take."""
    if isinstance(body, Mapping) and isinstance(read, Mapping):
        for key, value in body.items():
            if key in read:
                yield from _lost(value, read[key], f"{at}.{key}")
            else:
                yield f"{at}.{key}"
    elif isinstance(body, list) and isinstance(read, list):
        for index, (one, other) in enumerate(zip(body, read, strict=True)):
            yield from _lost(one, other, f"{at}[{index}]")
