import { z } from 'zod';
import { messageOf } from '../host-error.ts';
import type { Outbox } from './outbox.ts';
import type { EntityRecord, EntityRequest, LockRequest, StoredMessage } from './store.ts';

/** The payload of the entity trigger. `state` and inputs are JSON texts. */
export interface EntityPayload {
  readonly self: { readonly name: string; readonly key: string };
  readonly exists: boolean;
  readonly state: string | null;
  readonly batch: readonly { readonly name: string; readonly input: string | null; readonly isSignal: boolean }[];
}

const answerSchema = z.object({
  entityExists: z.boolean(),
  entityState: z.string().nullish(),
  results: z.array(z.object({ isError: z.boolean(), result: z.string().optional() })),
  signals: z.array(
    z.object({
      target: z.object({ name: z.string(), key: z.string() }),
      name: z.string(),
      input: z.string().nullish(),
    }),
  ),
});

type EntityAnswer = z.output<typeof answerSchema>;

/** Splits `@name@key`. Names hold no @, keys may. */
export function entityIdParts(id: string): { name: string; key: string } {
  const at = id.indexOf('@', 1);
  return { name: id.slice(1, at), key: id.slice(at + 1) };
}

/** The scheduler id of an entity: the name is not case-sensitive, the key is. */
export function entityId(name: string, key: string): string {
  return `@${name.toLowerCase()}@${key}`;
}

/** An entity that nobody has used yet. */
export function newEntity(id: string): EntityRecord {
  return { id, exists: false, state: null, lockedBy: null, updated: 0 };
}

/** True when a message can be taken while `lockedBy` holds the entity. */
export function isTakeable(message: StoredMessage, lockedBy: string | null): boolean {
  const { body } = message;
  if (lockedBy === null) return true;
  if (body.kind === 'release') return true;
  return body.kind === 'operation' && body.request.caller?.instanceId === lockedBy;
}

interface Batch {
  readonly taken: readonly StoredMessage[];
  readonly operations: readonly EntityRequest[];
  readonly granted: LockRequest | undefined;
  readonly lockedBy: string | null;
}

/**
 * Chooses what one batch takes: operations in order up to `limit`, up to the first lock that is granted. While an
 * orchestration holds the entity, only its own calls and its release are taken; everything else stays in the inbox.
 */
function chooseBatch(entity: EntityRecord, messages: readonly StoredMessage[], limit: number): Batch {
  const taken: StoredMessage[] = [];
  const operations: EntityRequest[] = [];
  let lockedBy = entity.lockedBy;
  for (const message of messages) {
    const { body } = message;
    if (!isTakeable(message, lockedBy)) continue;
    if (body.kind === 'lock') {
      if (operations.length > 0) break;
      return { taken: [...taken, message], operations, granted: body.request, lockedBy: body.request.owner.instanceId };
    }
    if (body.kind === 'operation') {
      if (operations.length >= limit) break;
      operations.push(body.request);
    }
    if (body.kind === 'release' && body.owner === lockedBy) lockedBy = null;
    taken.push(message);
    // Those that were passed over while the entity was locked come first now: leave them to the next batch.
    if (body.kind === 'release') break;
  }
  return { taken, operations, granted: undefined, lockedBy };
}

/**
 * Runs one batch of an entity and puts what follows into `out`. `run` invokes the entity function and returns its
 * answer as it came.
 */
export async function takeEntityTurn(
  entity: EntityRecord,
  messages: readonly StoredMessage[],
  limit: number,
  run: (payload: EntityPayload) => Promise<unknown>,
  out: Outbox,
): Promise<void> {
  const batch = chooseBatch(entity, messages, limit);
  for (const { id } of batch.taken) out.add({ op: 'delete-message', id });
  const answer = batch.operations.length === 0 ? undefined : await runBatch(entity, batch.operations, run);
  if (answer) respond(batch.operations, answer, out);
  if (batch.granted) grant(batch.granted, out);
  const exists = answer?.entityExists ?? entity.exists;
  const state = answer ? (answer.entityState ?? null) : entity.state;
  if (exists || batch.lockedBy !== null) {
    const next = { id: entity.id, exists, state: exists ? state : null, lockedBy: batch.lockedBy, updated: out.now };
    out.add({ op: 'put-entity', entity: next });
  } else {
    out.add({ op: 'delete-entity', id: entity.id });
  }
}

async function runBatch(
  entity: EntityRecord,
  operations: readonly EntityRequest[],
  run: (payload: EntityPayload) => Promise<unknown>,
): Promise<EntityAnswer> {
  const batch = operations.map(({ operation, input, caller }) => ({ name: operation, input, isSignal: !caller }));
  const payload = { self: entityIdParts(entity.id), exists: entity.exists, state: entity.state, batch };
  try {
    return answerSchema.parse(await run(payload));
  } catch (error) {
    // The function as a whole failed: every caller hears of it, and the state stays what it was.
    const failure = { isError: true, result: JSON.stringify(messageOf(error)) };
    return {
      entityExists: entity.exists,
      entityState: entity.state,
      results: operations.map(() => failure),
      signals: [],
    };
  }
}

function respond(operations: readonly EntityRequest[], answer: EntityAnswer, out: Outbox): void {
  for (const [index, { id, caller }] of operations.entries()) {
    if (!caller) continue;
    const result = answer.results[index];
    const reply = {
      ...(result?.result === undefined ? {} : { result: result.result }),
      ...(result?.isError ? { exceptionType: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException' } : {}),
    };
    out.sendEvent(caller, 'EventRaised', { Name: id, Input: JSON.stringify(reply) });
  }
  for (const { target, name, input } of answer.signals) {
    const request = { id: '', operation: name, input: input === '' ? null : (input ?? null), caller: null };
    out.send(entityId(target.name, target.key), { kind: 'operation', request });
  }
}

/** Hands a lock request on to the next entity of its set, or tells the owner that it now holds all. */
function grant(request: LockRequest, out: Outbox): void {
  const position = request.position + 1;
  const next = request.lockSet[position];
  if (next !== undefined) out.send(next, { kind: 'lock', request: { ...request, position } });
  else out.sendEvent(request.owner, 'EventRaised', { Name: request.id, Input: '{}' });
}
