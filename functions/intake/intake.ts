import type { BatchContent, ChangeBatch } from '../../shared/contracts/change-batch.ts';
import type { ObjectClass } from '../../shared/directory/change.ts';
import type { ErrorCode } from '../../shared/errors/catalogue.ts';
import type { StreamState } from '../storage/streams.ts';
import { applyChanges, isUnsettled, mark } from './apply-changes.ts';
import { followJoinKeys } from './join-keys.ts';
import type { IntakeStores } from './stores.ts';
import type { Verdict } from './stream-position.ts';
import { judge } from './stream-position.ts';

/** What happened to a batch, for the log, and what has to be done about it. */
export interface IntakeResult {
  readonly verdict: Verdict | 'incomplete';
  /** Objects that were marked for the sync cycle. */
  readonly pending: number;
  readonly problem: { readonly code: ErrorCode; readonly message: string } | undefined;
}

/**
 * Takes one change batch into the connector space. The stream's position moves only after everything else is stored, so a
 * crash anywhere leads to a second delivery that ends in the same state.
 */
export async function takeBatch(batch: ChangeBatch, stores: IntakeStores): Promise<IntakeResult> {
  const { connector } = batch;
  const state = await stores.streams.load(connector);
  const verdict = judge(batch, state);
  if (verdict === 'stale' || verdict === 'repeated') return { verdict, pending: 0, problem: undefined };
  if (verdict === 'gap')
    return await breakStream(
      batch,
      state,
      stores,
      'LS2004',
      `Batch ${at(batch)} of ${connector} does not follow what was applied.`,
    );
  const { content } = batch;
  if (content.type === 'full-read-begin') return await beginFullRead(batch, content, state, stores);
  // `judge` lets only a begin marker pass without a state.
  if (state === undefined) throw new Error('A stream without state was judged to be continued.');
  if (content.type === 'full-read-end') return await endFullRead(batch, content, state, stores);
  return await takeChanges(batch, content, state, stores);
}

async function beginFullRead(
  batch: ChangeBatch,
  content: Extract<BatchContent, { type: 'full-read-begin' }>,
  state: StreamState | undefined,
  { streams }: IntakeStores,
): Promise<IntakeResult> {
  await streams.save(batch.connector, {
    position: batch.position,
    generation: content.generation,
    fullReadOpen: true,
    freshGeneration: state === undefined ? content.generation : state.freshGeneration,
    settled: state?.settled ?? null,
    broken: false,
    domain: content.domain,
  });
  return { verdict: 'apply', pending: 0, problem: undefined };
}

async function takeChanges(
  batch: ChangeBatch,
  content: Extract<BatchContent, { type: 'changes' }>,
  state: StreamState,
  stores: IntakeStores,
): Promise<IntakeResult> {
  const context = {
    connector: batch.connector,
    generation: state.generation,
    fresh: state.fullReadOpen && state.freshGeneration === state.generation,
    position: batch.position,
    settled: state.settled,
    correlationId: batch.correlationId,
  };
  const { pending, unknown } = await applyChanges(content.changes, context, stores);
  if (unknown.length > 0) {
    const message = `Batch ${at(batch)} of ${batch.connector} changes ${unknown.length} object(s) that were never read, ${unknown[0] ?? ''} first.`;
    return { ...(await breakStream(batch, state, stores, 'LS2004', message)), pending };
  }
  const settled = state.fullReadOpen ? state.settled : batch.position;
  await stores.streams.save(batch.connector, { ...state, position: batch.position, settled });
  return { verdict: 'apply', pending, problem: undefined };
}

/** Objects that the full read did not show are gone from the directory, provided that everything that was sent has arrived. */
async function endFullRead(
  batch: ChangeBatch,
  content: Extract<BatchContent, { type: 'full-read-end' }>,
  state: StreamState,
  stores: IntakeStores,
): Promise<IntakeResult> {
  const { connector } = batch;
  const unseen: string[] = [];
  let seen = 0;
  for await (const page of stores.space.scanGenerations(connector)) {
    for (const { guid, generation, deleted, changedAt } of page) {
      if (generation === content.generation) seen += 1;
      else if (!deleted || isUnsettled({ changedAt }, state.settled)) unseen.push(guid);
    }
  }
  if (seen !== content.objects || content.generation !== state.generation) {
    const message = `Full read ${content.generation} of ${connector} sent ${content.objects} objects, and ${seen} arrived.`;
    return await breakStream(batch, state, stores, 'LS2005', message);
  }
  const gone = await stores.space.load(connector, unseen);
  await stores.space.save(
    connector,
    [...gone.values()]
      .filter((stored) => !stored.deleted)
      .map((stored) => ({ ...stored, deleted: true, departure: 'unseen', changedAt: batch.position })),
  );
  await followJoinKeys(stores, {
    connector,
    correlationId: batch.correlationId,
    changes: [...gone.values()].map((before) => ({ before, after: { ...before, deleted: true } })),
  });
  const marks = new Map<string, ObjectClass>([...gone].map(([guid, stored]) => [guid, stored.object.objectClass]));
  await mark(connector, marks, batch.correlationId, stores);
  await stores.streams.save(connector, {
    ...state,
    position: batch.position,
    fullReadOpen: false,
    freshGeneration: null,
    settled: batch.position,
  });
  return { verdict: 'apply', pending: marks.size, problem: undefined };
}

/**
 * Stops the stream and asks for a full read: never guess what was missed. Asked first: a crash in between asks twice, which
 * costs a read, and the other order would ask never.
 */
async function breakStream(
  batch: ChangeBatch,
  state: StreamState | undefined,
  { streams, commands }: IntakeStores,
  code: 'LS2004' | 'LS2005',
  message: string,
): Promise<IntakeResult> {
  const { connector } = batch;
  const already = state?.broken === true;
  // One request is enough; the relay repeats the full read until it succeeds.
  if (!already) await commands.send({ version: 1, connector, command: 'resync', reason: message });
  if (state !== undefined) await streams.save(connector, { ...state, position: batch.position, broken: true });
  return {
    verdict: code === 'LS2005' ? 'incomplete' : 'gap',
    pending: 0,
    problem: already ? undefined : { code, message },
  };
}

function at(batch: ChangeBatch): string {
  return `${batch.position.epoch}:${batch.position.sequence}`;
}
