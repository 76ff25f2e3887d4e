"""Files that are compressed once: the explorer's, and the printed schema."""

import asyncio
import hashlib
import mimetypes
import re
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response

from graph.http.compression import MIN_SIZE, compress_now, negotiate_encoding

#: A name with a hash of the content, such as `index-B7xk_2aQ.js`: another content has another name.
HASHED_NAME = re.compile(r".+-[A-Za-z0-9_-]{8,}\.\w+")
PERMANENT = "public, max-age=31536000, immutable"
#: May be stored, but is compared by its entity tag before each use.
REVALIDATED = "no-cache"
#: Slow levels, because a file is compressed once.
ZSTD_LEVEL, GZIP_LEVEL = 12, 9


class EncodedFile:
    """A content with its compressed forms, which are made when they are first asked for."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.tag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
        self._encoded: dict[str, asyncio.Task[bytes]] = {}

    async def respond(
        self, headers: Headers, content_type: str, cache_control: str = REVALIDATED
    ) -> Response:
        """Return the response to a request with some headers."""
        sent = {"ETag": self.tag, "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
        if is_known_tag(headers.get("if-none-match", ""), self.tag):
            return Response(status_code=304, headers=sent)
        encoding = negotiate_encoding(headers.get("accept-encoding"))
        if encoding is None or len(self.content) < MIN_SIZE:
            return Response(self.content, headers=sent, media_type=content_type)
        sent["Content-Encoding"] = encoding
        return Response(await self._in(encoding), headers=sent, media_type=content_type)

    async def _in(self, encoding: str) -> bytes:
        making = self._encoded.get(encoding)
        if making is None:
            making = asyncio.ensure_future(asyncio.to_thread(self._encode, encoding))
            self._encoded[encoding] = making
        # A client that disconnects does not cancel it for the others.
        return await asyncio.shield(making)

    def _encode(self, encoding: str) -> bytes:
        return compress_now(self.content, encoding, zstd_level=ZSTD_LEVEL, gzip_level=GZIP_LEVEL)


class EncodedFiles:
    """The files of a folder and its subfolders, which do not change while the server runs."""

    def __init__(self, directory: Path) -> None:
        #: By their paths from the folder: what a request names is only looked up here.
        self._paths = {
            path.relative_to(directory).as_posix(): path
            for path in directory.rglob("*")
            if path.is_file()
        }
        self._files: dict[str, EncodedFile] = {}

    async def respond(self, name: str, headers: Headers) -> Response:
        """Return the response to a request for a file. Raise `HTTPException` if there is none."""
        path = self._paths.get(name)
        if path is None:
            raise HTTPException(404)
        if name not in self._files:
            content = await asyncio.to_thread(path.read_bytes)
            self._files.setdefault(name, EncodedFile(content))
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        is_hashed = HASHED_NAME.fullmatch(path.name) is not None
        cache_control = PERMANENT if is_hashed else REVALIDATED
        return await self._files[name].respond(headers, content_type, cache_control)


def is_known_tag(if_none_match: str, tag: str) -> bool:
    """Whether an `If-None-Match` header names an entity tag; weak tags count as equal."""
    names = {name.strip() for name in if_none_match.split(",")}
    strong = tag.removeprefix("W/")
    return not names.isdisjoint({strong, f"W/{strong}", "*"})
