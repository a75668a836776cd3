"""An agent's buffer of the last flows."""

from __future__ import annotations

from collections.abc import Iterator

from quizgame.hubble.observer import GetFlowsResponse

DEFAULT_CAPACITY = 4095
"""# Source: cilium/cilium v1.19 pkg/hubble/defaults: hubble-event-buffer-capacity."""


class RingBuffer:
    """Keeps the last records; older ones are overwritten.

    Args:
        capacity: How many records fit.
    """

    __slots__ = ("_records", "_seen", "_shared", "capacity")

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self.capacity = capacity
        self._records: list[GetFlowsResponse] = []
        self._seen = 0
        self._shared = False

    @property
    def seen(self) -> int:
        """How many records were ever written since the buffer was made or cleared; also the cursor of the next one."""
        return self._seen

    def __len__(self) -> int:
        return min(self._seen, self.capacity)

    def __iter__(self) -> Iterator[GetFlowsResponse]:
        """Yield the records that are kept, oldest first."""
        return iter(self.since(self._seen - len(self))[0])

    def append(self, record: GetFlowsResponse) -> None:
        """Write a record over the oldest one, if the buffer is full."""
        if self._shared:
            self._records = self._records.copy()
            self._shared = False
        if self._seen < self.capacity:
            self._records.append(record)
        else:
            self._records[self._seen % self.capacity] = record
        self._seen += 1

    def clear(self) -> None:
        """Forget everything, as a restart of the agent does."""
        self._records = []
        self._shared = False
        self._seen = 0

    def since(self, cursor: int) -> tuple[list[GetFlowsResponse], int, int]:
        """Return what was written from a cursor on.

        Args:
            cursor: 0, or what an earlier call returned last.

        Returns:
            The records that are still there, how many were overwritten before they could be read, the next cursor.
        """
        start = max(cursor, self._seen - len(self))
        if start > self._seen:
            start = 0
        records = [self._records[number % self.capacity] for number in range(start, self._seen)]
        return records, start - min(cursor, start), self._seen

    def fork(self) -> RingBuffer:
        """Return a buffer with the same content; both may go on by themselves. Costs nothing until one is written."""
        twin = RingBuffer(self.capacity)
        twin._records = self._records
        twin._seen = self._seen
        self._shared = twin._shared = True
        return twin
