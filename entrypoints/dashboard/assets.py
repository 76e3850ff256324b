"""Style sheet and scripts, served under names that hold their content's hash: browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER: Final = Path(__file__).with_name("static")
PREFIX: Final = "/dashboard/static/"
MEDIA: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'",
}


class Assets:
    """The files of the folder, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._bodies: dict[str, tuple[bytes, str]] = {}
        self._names: dict[str, str] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in MEDIA:
                body = path.read_bytes()
                served = f"{path.stem}.{hashlib.sha256(body).hexdigest()[:16]}{path.suffix}"
                self._bodies[served] = body, MEDIA[path.suffix]
                self._names[path.name] = PREFIX + served

    def url(self, name: str) -> str:
        """Where a file is served. Raise KeyError for a file that is not there."""
        return self._names[name]

    def route(self) -> Route:
        async def serve(request: Request) -> Response:
            found = self._bodies.get(request.path_params["name"])
            if found is None:
                return Response(status_code=404)
            body, media = found
            return Response(body, media_type=media, headers=dict(HEADERS))

        return Route(PREFIX + "{name}", serve, methods=["GET"], include_in_schema=False)
