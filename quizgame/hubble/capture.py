"""Captured flows, one record a line, read in constant memory.

# Source: cilium/cilium v1.19 hubble/cmd/observe/io_reader_observer.go, Go bufio.Scanner.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from io import BufferedIOBase, RawIOBase
from typing import BinaryIO

from quizgame.errors import QuizgameError
from quizgame.hubble.answer import select
from quizgame.hubble.observer import EVERYTHING, GetFlowsRequest, GetFlowsResponse
from quizgame.hubble.protojson.reader import parse_message
from quizgame.hubble.protojson.tokens import ProtoJsonError
from quizgame.hubble.responses import decode_canonical, decode_respaced

MAX_LINE = 65_535
"""Bytes of a line without its newline; the tool's reader takes no longer ones."""
MAX_LAST = 1_000_000
_CHUNK = 1 << 18
_GZIP_MAGIC = b"\x1f\x8b"

Warn = Callable[[str, dict[str, str]], None]
"""Takes a warning: its message and its attributes."""


class CaptureError(QuizgameError):
    """The input cannot be read on; the message is the real tool's."""


class CaptureSource:
    """Reads records from a stream of lines, plain or gzipped.

    Args:
        stream: The bytes.
        name: What errors call it.
        warn: Gets a warning for each line that is no record.
        before_wait: Called when more input is needed; output should be flushed then.
    """

    def __init__(self, stream: BinaryIO, name: str, warn: Warn, before_wait: Callable[[], None]) -> None:
        self._stream = stream
        self._name = name
        self._warn = warn
        self._before_wait = before_wait
        self._discard_unknown = False

    def get_flows(self, request: GetFlowsRequest) -> Iterator[GetFlowsResponse]:
        """Return the records that a request selects, in the order of the input.

        Raises:
            FilterError: A filter's value is wrong (before anything is read).
            CaptureError: The input cannot be read on; what was read before has been yielded.
        """
        records = select(self._records(), request)
        if not request.first and request.number not in (0, EVERYTHING) and request.number > MAX_LAST:
            raise CaptureError(f"--last must be <= 1_000_000, got {request.number}")
        return records

    def _records(self) -> Iterator[GetFlowsResponse]:
        for line in self._lines():
            record = decode_canonical(line) or decode_respaced(line) or self._parse(line)
            if record is not None:
                yield record

    def _parse(self, line: bytes) -> GetFlowsResponse | None:
        text = line.decode(errors="surrogateescape")
        try:
            return parse_message(GetFlowsResponse, text, discard_unknown=self._discard_unknown)
        except ProtoJsonError as refusal:
            error = refusal
        if not self._discard_unknown:
            try:
                record = parse_message(GetFlowsResponse, text, discard_unknown=True)
            except ProtoJsonError as refusal:
                error = refusal
            else:
                # From here on, fields of later versions are passed over in silence.
                self._discard_unknown = True
                message = "unknown field detected, upgrade the Hubble CLI to get rid of this warning"
                self._warn(message, {"error": error.message})
                return record
        self._warn("Failed to unmarshal json to flow", {"error": error.message, "line": text})
        return None

    def _lines(self) -> Iterator[bytes]:
        pending = b""
        for chunk in self._chunks():
            lines = (pending + chunk).split(b"\n")
            pending = lines.pop()
            for line in lines:
                if len(line) > MAX_LINE:
                    raise CaptureError("bufio.Scanner: token too long")
                yield line[:-1] if line.endswith(b"\r") else line
            if len(pending) > MAX_LINE:
                raise CaptureError("bufio.Scanner: token too long")
        if pending:
            yield pending[:-1] if pending.endswith(b"\r") else pending

    def _chunks(self) -> Iterator[bytes]:
        chunk = self._read()
        # A pipe may hand over a single byte first.
        while len(chunk) == 1:
            more = self._read()
            chunk += more
            if not more:
                break
        if not chunk.startswith(_GZIP_MAGIC):
            while chunk:
                yield chunk
                chunk = self._read()
            return
        yield from self._inflated(chunk)

    def _inflated(self, chunk: bytes) -> Iterator[bytes]:
        inflate = zlib.decompressobj(wbits=31)
        try:
            while chunk or inflate.unconsumed_tail:
                yield inflate.decompress(inflate.unconsumed_tail + chunk, _CHUNK)
                chunk = b""
                if inflate.eof:
                    # A gzip file may hold several members one after the other.
                    rest = inflate.unused_data or self._read()
                    inflate = zlib.decompressobj(wbits=31)
                    chunk = rest
                elif not inflate.unconsumed_tail:
                    chunk = self._read()
                    if not chunk:
                        raise CaptureError(f"read {self._name}: unexpected EOF")
        except zlib.error:
            raise CaptureError(f"read {self._name}: gzip: invalid data") from None

    def _read(self) -> bytes:
        self._before_wait()
        try:
            if isinstance(self._stream, BufferedIOBase):
                return self._stream.read1(_CHUNK)
            if isinstance(self._stream, RawIOBase):
                return self._stream.read(_CHUNK) or b""
            return self._stream.read(_CHUNK)
        except OSError as failure:
            reason = (failure.strerror or str(failure)).lower()
            raise CaptureError(f"read {self._name}: {reason}") from None
