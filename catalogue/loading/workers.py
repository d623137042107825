"""The worker processes of a load: batches are prepared in them, ahead of the one that writes."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

from catalogue.loading.preparation import Batch, Prepared, prepare, start_worker
from catalogue.marc.sources import UnreadableFile

#: The most processes that are used unless told otherwise.
MOST_PROCESSES = 8


class Preparing:
    """Prepares batches in worker processes, or here when there is but one small batch."""

    def __init__(self, processes: int | None, worth_it: int) -> None:
        """With this many processes, else one per core; they are started for the first batch that is
        large enough to be worth it."""
        self._processes = processes or _cores()
        self._worth_it = worth_it
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Preparing:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def in_order(self, batches: Iterator[Batch]) -> Iterator[tuple[Batch, Prepared]]:
        """Each batch with what came of it, while the next ones are being prepared."""
        waiting: deque[tuple[Batch, Future[Prepared]]] = deque()
        broken_off: UnreadableFile | None = None
        while broken_off is None:
            try:
                batch = next(batches, None)
            except UnreadableFile as error:
                broken_off, batch = error, None
            if batch is None:
                break
            waiting.append((batch, self._submit(batch)))
            if self._pool is None or len(waiting) > self._processes:
                batch, prepared = waiting.popleft()
                yield batch, prepared.result()
        while waiting:
            batch, prepared = waiting.popleft()
            yield batch, prepared.result()
        if broken_off is not None:
            raise broken_off

    def _submit(self, batch: Batch) -> Future[Prepared]:
        if self._processes > 1 and self._pool is None and len(batch.found) >= self._worth_it:
            self._pool = ProcessPoolExecutor(
                self._processes, mp_context=get_context("spawn"), initializer=start_worker
            )
        if self._pool is not None:
            return self._pool.submit(prepare, batch)
        done: Future[Prepared] = Future()
        done.set_result(prepare(batch))
        return done


def _cores() -> int:
    return min(MOST_PROCESSES, len(os.sched_getaffinity(0)))
