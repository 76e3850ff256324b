"""What becomes of one message at one step: the script of the texts, asked about a message that was taken."""

from __future__ import annotations

from entrypoints.simulator.stage import Stage
from entrypoints.simulator.text_script import Fate, Step, decide
from entrypoints.simulator.texts.store import TakenText


def fate_of(stage: Stage, step: Step, text: TakenText) -> Fate:
    """The same in every run: by rules first, then drawn."""
    behaviour = stage.behaviour
    return decide(behaviour.texts, behaviour.seed, step, text.provider, text.to, text.attempt)
