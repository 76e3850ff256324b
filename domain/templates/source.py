"""The content of a template version: its default language, other languages, and whether values may be missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput
from domain.shared.json_values import Json
from domain.templates.languages import check_language, fallbacks
from domain.templates.variant import Body, Variant

MAX_LANGUAGES: Final = 40
MAX_BYTES: Final = 512 * 1024
"""UTF-8 bytes of a version as compact JSON, all languages together."""


@attrs.frozen(slots=True)
class Choice:
    """The body that somebody gets, and the language that was found for them."""

    language: str
    body: Body


@attrs.frozen(slots=True, kw_only=True)
class Source:
    """What a version says. `default` is written in `default_language`; `languages` holds the others."""

    default: Variant
    default_language: str
    languages: Mapping[str, Variant] = attrs.field(factory=dict)
    strict: bool = False
    """A message whose value is missing or null is refused instead of showing nothing there."""

    @classmethod
    def checked(
        cls, *, default: Variant, languages: Mapping[str, Variant], default_language: str, strict: bool
    ) -> Source:
        """Raise InvalidInput naming the field; placeholders are not looked at."""
        main = check_language(default_language, field="default_language")
        found: dict[str, Variant] = {}
        for given, variant in languages.items():
            field = f"languages.{given[:40]}"
            tag = check_language(given, field=field)
            if tag == main:
                raise InvalidInput(
                    f"{field} is the default language",
                    field=field,
                    fix="write it at the top level, or name another default_language",
                )
            if tag in found:
                raise InvalidInput(f"{field} stands there twice", field=field, fix="keep one of the two")
            found[tag] = variant
        if len(found) > MAX_LANGUAGES:
            raise InvalidInput(
                f"{len(found)} languages", field="languages", fix=f"keep at most {MAX_LANGUAGES}"
            )
        made = cls(default=default, languages=found, default_language=main, strict=strict)
        made._check()
        return made

    def choose(self, channel: Channel, language: str | None) -> Choice | None:
        """The first language that has this channel: the device's, its shorter forms, English, the default."""
        for tag in fallbacks(language, self.default_language):
            variant = self.default if tag == self.default_language else self.languages.get(tag)
            if variant is not None and (body := variant.body(channel)) is not None:
                return Choice(tag, body)
        return None

    def bodies(self) -> Iterator[tuple[str, str, Channel, Body]]:
        """Field prefix, language, channel and body of everything there is to compile, the default first."""
        for prefix, tag, variant in self._variants():
            for channel, body in variant.bodies().items():
                yield prefix, tag, channel, body

    def to_json(self) -> dict[str, Json]:
        """As it stands on the wire."""
        return {
            **self.default.to_json(),
            "languages": {tag: variant.to_json() for tag, variant in self.languages.items()},
            "default_language": self.default_language,
            "strict": self.strict,
        }

    def _variants(self) -> Iterator[tuple[str, str, Variant]]:
        yield "", self.default_language, self.default
        for tag, variant in self.languages.items():
            yield f"languages.{tag}.", tag, variant

    def _check(self) -> None:
        for prefix, _, variant in self._variants():
            variant.check(prefix)
            if not variant.bodies():
                field = prefix.rstrip(".") or "body_template"
                raise InvalidInput(
                    f"{prefix.rstrip('.') or 'the template'} says nothing",
                    field=field,
                    fix="give a title_template, a body_template, a data_template or a channel",
                )
        size = len(json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":")).encode())
        if size > MAX_BYTES:
            raise InvalidInput(
                f"the template is {size} bytes as JSON",
                field="body",
                fix=f"keep within {MAX_BYTES} bytes, all languages together",
            )
