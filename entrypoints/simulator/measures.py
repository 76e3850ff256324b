"""Measures that the parts of a behaviour script share: shares, times, texts, Retry-After."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Milliseconds = Annotated[float, Meta(ge=0.0, le=3_600_000.0)]
Text = Annotated[str, Meta(min_length=1, max_length=4096)]


class RetryAfter(Struct, frozen=True, forbid_unknown_fields=True):
    """The `Retry-After` header of 429 and 503: integer seconds or an HTTP date (RFC 9110 section 10.2.3)."""

    seconds: Annotated[int, Meta(ge=0, le=86_400)]
    form: Literal["seconds", "date"] = "seconds"
