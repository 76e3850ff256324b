"""Which value a placeholder gets when several sources have one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.shared.json_values import Json

Values = Mapping[str, Json]


def gather(
    names: Iterable[str],
    recipient: Values | None,
    request: Values | None,
    tags: Values | None,
    properties: Values | None,
    device: Values | None,
) -> dict[str, Json]:
    """The variables of one message: each of `names` from the strongest source that has it, those that none has left out.

    Sources are strongest first. A value is taken whole, nothing is merged; null is a value, so it hides what weaker
    sources have. `names` holds `a` and `a.b` for a placeholder `{{ a.b }}`: the flat key is taken too, unless a
    stronger source nests it, because a renderer lets the flat key win.
    """
    sources = [source for source in (recipient, request, tags, properties, device) if source]
    found: dict[str, Json] = {}
    dotted: list[str] = []
    for name in names:
        if "." in name:
            dotted.append(name)
            continue
        for source in sources:
            if name in source:
                found[name] = source[name]
                break
    # Shorter keys first: a longer one must know what the shorter ones hold.
    for name in sorted(dotted, key=len):
        place = _first(sources, name)
        if place is not None and not _nested_above(sources, name, place):
            found[name] = sources[place][name]
    return found


def _first(sources: Sequence[Values], name: str) -> int | None:
    return next((place for place, source in enumerate(sources) if name in source), None)


def _nested_above(sources: Sequence[Values], name: str, place: int) -> bool:
    """Whether a stronger source has the same value inside the object under a shorter key."""
    parts = name.split(".")
    for length in range(1, len(parts)):
        holder = _first(sources, ".".join(parts[:length]))
        if holder is not None and holder < place:
            value: Json = sources[holder][".".join(parts[:length])]
            for part in parts[length:]:
                if not isinstance(value, Mapping) or part not in value:
                    break
                value = value[part]
            else:
                return True
    return False
