"""The file of an import: what kind it is, its content's digest and its encoding, found in one pass over its bytes.

The digest is that of the unpacked content, so that `x.csv` and `x.csv.gz` are the same import.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from shared.errors import InvalidInput

Kind = Literal["csv", "jsonl", "xlsx"]

_KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Source:
    """A file to import. `size` is in bytes, unpacked; `encoding` is None for a workbook."""

    path: Path
    kind: Kind
    packed: bool
    digest: str
    size: int
    encoding: str | None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Its unpacked bytes; `tell()` counts them. Raises `InvalidInput` where the packing is damaged."""
        with _opened(self.path, self.packed) as stream:
            yield stream

    @contextmanager
    def text(self) -> Iterator[tuple[io.TextIOWrapper, BinaryIO]]:
        """Its text with line ends as they are, and the bytes below it, whose `tell()` shows how far it has come."""
        with self.open() as stream, io.TextIOWrapper(stream, self.encoding, newline="") as text:
            yield text, stream


@contextmanager
def _opened(path: Path, packed: bool) -> Iterator[BinaryIO]:
    try:
        with gzip.open(path, "rb") if packed else path.open("rb") as stream:
            yield cast(BinaryIO, stream)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InvalidInput("the gz file is damaged or cut off", field="FILE") from None
    except OSError as error:
        raise InvalidInput(f"the file cannot be read ({error.strerror})", field="FILE") from None


def inspect(path: Path, encoding: str | None = None) -> Source:
    """Look at a file; `encoding` overrules what is found.

    A text is UTF-8 if all of it is, else GB 18030 if all of it is; a byte order mark decides at once.
    Raises `InvalidInput` for a kind or an encoding that is not known, and for a file that cannot be read.
    """
    packed = path.suffix.lower() == ".gz"
    kind = _KINDS.get((path.with_suffix("") if packed else path).suffix.lower())
    if kind is None:
        raise InvalidInput(
            "this kind of file is not known",
            field="FILE",
            hint="CSV, TSV, XLSX or JSONL, each also as .gz; save an old .xls as .xlsx",
        )
    digest, size = hashlib.sha256(), 0
    guess = _Guess(encoding) if kind != "xlsx" else None
    with _opened(path, packed) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if guess:
                guess.feed(chunk)
    if not size:
        raise InvalidInput("the file is empty", field="FILE")
    return Source(path, kind, packed, digest.hexdigest(), size, guess.settle() if guess else None)


class _Guess:
    """Decodes with every candidate at once and keeps those that have not failed."""

    def __init__(self, given: str | None) -> None:
        self._given = given
        self._left: dict[str, codecs.IncrementalDecoder] | None = None

    def feed(self, chunk: bytes) -> None:
        if self._left is None:
            self._left = {name: _decoder(name) for name in self._candidates(chunk)}
        self._left = {name: decoder for name, decoder in self._left.items() if _decodes(decoder, chunk)}

    def _candidates(self, start: bytes) -> tuple[str, ...]:
        if self._given:
            return (self._given,)
        marked = next((name for mark, name in _BOMS if start.startswith(mark)), None)
        return (marked,) if marked else ("utf-8", "gb18030")

    def settle(self) -> str:
        for name, decoder in (self._left or {}).items():
            if _decodes(decoder, b"", final=True):
                return name
        tried = self._given or "UTF-8 or GB 18030"
        raise InvalidInput(f"the text is not {tried}", field="FILE", hint="name its encoding: --encoding cp1252")


def _decoder(name: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(name)()
    except LookupError:
        raise InvalidInput("there is no such encoding", field="--encoding") from None


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
