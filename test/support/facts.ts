import type { BatchContent, ChangeBatch, StreamPosition } from '../../shared/contracts/change-batch.ts';
import type { AttributeValues, DirectoryChange, ObjectClass } from '../../shared/directory/change.ts';
import type { DirectoryObject } from '../../shared/directory/object.ts';

/** GUIDs that a reader can tell apart: `guidOf(1)` is `00000001-…`, spread over all buckets by `guidOf(n, '3')`. */
export function guidOf(n: number, firstDigit = '0'): string {
  return `${firstDigit}${n.toString(16).padStart(7, '0')}-0000-4000-8000-000000000000`;
}

export function userObject(name: string, attributes: AttributeValues = {}, guid: string = guidOf(1)): DirectoryObject {
  return {
    objectGuid: guid,
    objectClass: 'user',
    dn: `CN=${name},OU=People,DC=contoso,DC=test`,
    attributes: {
      name: [name],
      sAMAccountName: [name],
      userPrincipalName: [`${name}@contoso.test`],
      userAccountControl: ['512'],
      ...attributes,
    },
  };
}

export function groupObject(name: string, attributes: AttributeValues = {}, guid: string = guidOf(2)): DirectoryObject {
  return {
    objectGuid: guid,
    objectClass: 'group',
    dn: `CN=${name},OU=Groups,DC=contoso,DC=test`,
    attributes: { name: [name], sAMAccountName: [name], groupType: ['-2147483646'], ...attributes },
  };
}

/** The fact that an object is there, as a full read brings it. */
export function whole(object: DirectoryObject, members?: readonly string[], token = 'set'): DirectoryChange {
  return {
    kind: 'present',
    objectGuid: object.objectGuid,
    objectClass: object.objectClass,
    whole: true,
    dn: object.dn,
    attributes: object.attributes,
    links:
      members === undefined
        ? []
        : [{ attribute: 'member', added: members, removed: [], replace: { token, last: true } }],
  };
}

export function partial(guid: string, attributes: AttributeValues, objectClass?: ObjectClass): DirectoryChange {
  return { kind: 'present', objectGuid: guid, objectClass, whole: false, attributes, links: [] };
}

/** Numbers batches as a relay does: one epoch a leader, each batch behind the one before. */
export class Stream {
  #epoch = 0;
  #last: StreamPosition | null = null;
  #generation = 0;
  readonly #connector: string;

  constructor(connector = 'contoso.test') {
    this.#connector = connector;
  }

  /** A new leader takes over; `covered` is what its checkpoint says, by default everything that was sent. */
  lead(covered: StreamPosition | null = this.#last): this {
    this.#epoch += 1;
    this.#last = covered;
    return this;
  }

  fullRead(...parts: readonly (readonly DirectoryChange[])[]): ChangeBatch[] {
    this.#generation += 1;
    const generation = this.#generation;
    const objects = new Set(parts.flat().map((change) => change.objectGuid)).size;
    return [
      this.#next(
        { type: 'full-read-begin', generation, domain: { namingContext: 'DC=contoso,DC=test', fqdn: 'contoso.test' } },
        null,
      ),
      ...parts.map((changes) => this.#next({ type: 'changes', generation, changes })),
      this.#next({ type: 'full-read-end', generation, objects }),
    ];
  }

  changes(...changes: readonly DirectoryChange[]): ChangeBatch {
    return this.#next({ type: 'changes', changes });
  }

  #next(content: BatchContent, follows?: null): ChangeBatch {
    if (this.#epoch === 0) this.lead(null);
    const sequence = this.#last?.epoch === this.#epoch ? this.#last.sequence + 1 : 1;
    const position = { epoch: this.#epoch, sequence };
    const batch: ChangeBatch = {
      version: 1,
      connector: this.#connector,
      position,
      follows: follows === null ? null : this.#last,
      readAt: '2026-01-01T00:00:00.000Z',
      correlationId: `read-${position.epoch}-${position.sequence}`,
      content,
    };
    this.#last = position;
    return batch;
  }
}
