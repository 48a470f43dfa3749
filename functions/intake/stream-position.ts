import type { ChangeBatch, StreamPosition } from '../../shared/contracts/change-batch.ts';
import type { StreamState } from '../storage/streams.ts';

/** What to do with a batch, from where the stream stands. */
export type Verdict =
  | 'apply'
  /** It was applied before: a repeated delivery. */
  | 'repeated'
  /** A relay that lost its lease sent it; its successor reads the same again. */
  | 'stale'
  /** Something before it never arrived, or the stream is broken and this does not mend it. */
  | 'gap';

export function judge(batch: ChangeBatch, state: StreamState | undefined): Verdict {
  const begins = batch.content.type === 'full-read-begin';
  if (state === undefined) return begins ? 'apply' : 'gap';
  if (batch.position.epoch < state.position.epoch) return 'stale';
  if (compare(batch.position, state.position) <= 0) return 'repeated';
  if (begins) return 'apply';
  if (state.broken) return 'gap';
  // Within an epoch the predecessor is exactly the last one; first in an epoch, it is what the checkpoint covers.
  return batch.follows !== null && compare(batch.follows, state.position) <= 0 && isNext(batch.position, state.position)
    ? 'apply'
    : 'gap';
}

function isNext(next: StreamPosition, last: StreamPosition): boolean {
  return next.epoch === last.epoch ? next.sequence === last.sequence + 1 : next.sequence === 1;
}

export function compare(a: StreamPosition, b: StreamPosition): number {
  return a.epoch - b.epoch || a.sequence - b.sequence;
}
