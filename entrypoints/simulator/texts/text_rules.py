"""What Korean gateways object to in a text, worked out apart from the platform's own rules."""

from __future__ import annotations


def korean_size(text: str) -> int:
    """Bytes on the air: one for ASCII, two for everything else."""
    return sum(1 if character.isascii() else 2 for character in text)


def sayable(text: str) -> bool:
    """Whether every character is one of Windows code page 949."""
    return text.encode("cp949", "replace").count(b"?") == text.count("?")
