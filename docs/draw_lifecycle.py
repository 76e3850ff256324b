"""Draws the lifecycle of a message into docs/lifecycle.md from the transition table; run it when the table changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from domain.messaging.event import EVENT_OF
from domain.messaging.lifecycle import FINAL, TRANSITIONS, WAITING, Event, Status, sources, target

PAGE = Path(__file__).with_name("lifecycle.md")
BEGIN = "<!-- drawn by docs/draw_lifecycle.py: begin -->"
END = "<!-- drawn by docs/draw_lifecycle.py: end -->"


def diagram() -> str:
    """A mermaid state diagram: one arrow for each pair of states, labelled with its events."""
    arrows: dict[tuple[Status, Status], list[Event]] = {}
    for (source, event), to in sorted(TRANSITIONS.items()):
        arrows.setdefault((source, to), []).append(event)
    lines = ["stateDiagram-v2", f"    [*] --> {Status.PENDING.wire}: accepted"]
    for (source, to), events in arrows.items():
        label = " / ".join(event.wire for event in events)
        lines.append(f"    {source.wire} --> {to.wire}: {label}")
    lines += [f"    {status.wire} --> [*]" for status in sorted(FINAL)]
    return "\n".join(["```mermaid", *lines, "```"])


def transition_table() -> str:
    """Markdown: event, the states that allow it, the state it leads to, the history line it leaves."""
    rows = [
        (
            f"`{event.wire}`",
            ", ".join(status.wire for status in sources(event)),
            target(event).wire,
            f"`{EVENT_OF[event].wire}`",
        )
        for event in Event
    ]
    return _table(("event", "possible from", "leads to", "event in the history"), rows)


def state_table() -> str:
    """Markdown: every state, its code in the database, and whether it waits, is final, or may still change."""
    rows = [(f"`{status.wire}`", str(int(status)), _kind(status)) for status in Status]
    return _table(("state", "code", "kind"), rows)


def page(text: str) -> str:
    """The text of the page with everything between the two marks drawn anew. Raise ValueError without marks."""
    head, _, rest = text.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"{PAGE.name} has lost its marks {BEGIN} and {END}")
    return "\n\n".join([head + BEGIN, diagram(), transition_table(), state_table(), END + tail])


def _kind(status: Status) -> str:
    if status in WAITING:
        return "waiting: may still be sent"
    return "final" if status in FINAL else "sent: receipts and late reports may follow"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
