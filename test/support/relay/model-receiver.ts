import { gunzipSync } from 'node:zlib';
import {
  batchContentSchema,
  changeBatchEnvelopeSchema,
  type BatchContent,
  type ChangeBatchEnvelope,
  type StreamPosition,
} from '../../../shared/contracts/change-batch.ts';
import type { DirectoryChange, LinkChange } from '../../../shared/directory/change.ts';

export interface ModelObject {
  readonly attributes: Map<string, readonly string[]>;
  readonly links: Map<string, Set<string>>;
}

/** The content of a message, checked against its schema. */
export function unpack(envelope: ChangeBatchEnvelope | undefined): BatchContent {
  if (envelope === undefined) throw new Error('There is no such message.');
  const { content } = changeBatchEnvelopeSchema.parse(envelope);
  return batchContentSchema.parse(JSON.parse(gunzipSync(Buffer.from(content, 'base64')).toString('utf8')));
}

/**
 * The contract's other side in its simplest form: applies messages in order, drops those of a past epoch, refuses a gap, and
 * takes as deleted what a complete full read did not show.
 */
export class ModelReceiver {
  readonly objects: Map<string, ModelObject> = new Map<string, ModelObject>();
  position: StreamPosition | null = null;
  gaps = 0;
  dropped = 0;
  #seen: Set<string> | undefined;
  #generation = 0;
  readonly #sets = new Map<string, Set<string>>();

  receive(envelope: ChangeBatchEnvelope): void {
    if (this.position !== null && !isAfter(envelope.position, this.position)) {
      this.dropped++;
      return;
    }
    const { follows } = envelope;
    if (follows !== null && (this.position === null || isAfter(follows, this.position))) {
      this.gaps++;
      return;
    }
    this.position = envelope.position;
    this.#apply(unpack(envelope));
  }

  /** Titles by GUID, for a look at the whole. */
  titles(): Record<string, string | undefined> {
    return Object.fromEntries([...this.objects].map(([id, object]) => [id, object.attributes.get('title')?.[0]]));
  }

  #apply(content: BatchContent): void {
    if (content.type === 'full-read-begin') {
      this.#seen = new Set();
      this.#generation = content.generation;
    } else if (content.type === 'changes') {
      for (const change of content.changes) {
        if (content.generation === this.#generation) this.#seen?.add(change.objectGuid);
        this.applyChange(change);
      }
    } else {
      const seen = this.#seen;
      if (seen?.size === content.objects)
        for (const id of [...this.objects.keys()]) if (!seen.has(id)) this.objects.delete(id);
      this.#seen = undefined;
    }
  }

  applyChange(change: DirectoryChange): void {
    if (change.kind !== 'present') {
      this.objects.delete(change.objectGuid);
      return;
    }
    const old = this.objects.get(change.objectGuid);
    const object: ModelObject = {
      attributes: new Map(change.whole ? [] : old?.attributes),
      links: new Map(old?.links),
    };
    for (const [name, values] of Object.entries(change.attributes))
      if (values.length === 0) object.attributes.delete(name);
      else object.attributes.set(name, values);
    if (change.whole && change.links.length === 0) object.links.clear();
    for (const link of change.links) this.#applyLink(change.objectGuid, object, link);
    this.objects.set(change.objectGuid, object);
  }

  #applyLink(objectGuid: string, object: ModelObject, link: LinkChange): void {
    const values = new Set(object.links.get(link.attribute));
    for (const value of link.added) values.add(value);
    for (const value of link.removed) values.delete(value);
    object.links.set(link.attribute, values);
    if (link.replace === undefined) return;
    const id = `${objectGuid} ${link.attribute} ${link.replace.token}`;
    const set = this.#sets.get(id) ?? new Set<string>();
    for (const value of link.added) set.add(value);
    this.#sets.set(id, set);
    if (link.replace.last) object.links.set(link.attribute, set);
  }
}

function isAfter(a: StreamPosition, b: StreamPosition): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.sequence > b.sequence);
}
