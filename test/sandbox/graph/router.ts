import { badRequest, GraphFailure, malformed, notFound } from './failure.ts';
import type { GraphReply, GraphRequest } from './message.ts';
import type { PathStep } from './resource-path.ts';
import type { Tenant } from './tenant.ts';

/** A key out of the path: between slashes (`property` undefined) or in brackets. */
export interface PathKey {
  readonly property: string | undefined;
  readonly value: string;
}

/** A request on its way through an operation. */
export interface Call {
  readonly request: GraphRequest;
  readonly query: ReadonlyMap<string, string>;
  readonly tenant: Tenant;
  /** The key in the place `{name}` of the template. */
  key(name: string): PathKey;
}

export interface Operation {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Names in lower case: `groups/{group}/members/$ref`. */
  readonly template: string;
  /** Default: every method but GET writes. */
  readonly write?: boolean;
  /** Changes nothing before it is sure to succeed; throws GraphFailure. */
  readonly run: (call: Call) => GraphReply;
}

interface Node {
  readonly names: Map<string, Node>;
  key: { readonly name: string; readonly node: Node } | undefined;
  readonly operations: Map<string, Operation>;
}

export interface Match {
  readonly operation: Operation;
  readonly keys: ReadonlyMap<string, PathKey>;
}

const newNode = (): Node => ({ names: new Map(), key: undefined, operations: new Map() });

/** Finds the operation for a method and a path. Names win over keys, so `users/delta` is never a user. */
export class Router {
  readonly #root: Node = newNode();

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) this.#add(operation);
  }

  /** `400` for an unknown path, `405` for a method that the path does not know. */
  match(method: string, steps: readonly PathStep[]): Match {
    const keys = new Map<string, PathKey>();
    let node = this.#root;
    for (const step of steps) {
      const named = step.kind === 'name' ? node.names.get(step.text.toLowerCase()) : undefined;
      if (named !== undefined) {
        node = named;
        continue;
      }
      const text = step.kind === 'name' ? step.text : step.value;
      if (node.key === undefined || text.startsWith('$'))
        throw malformed(`Resource not found for the segment '${text}'.`);
      const property = step.kind === 'key' ? step.property : undefined;
      keys.set(node.key.name, { property, value: step.kind === 'name' ? step.text : step.value });
      node = node.key.node;
    }
    if (node.operations.size === 0) throw malformed('The request URI is not valid for this resource.');
    const operation = node.operations.get(method);
    if (operation === undefined)
      throw new GraphFailure(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.');
    return { operation, keys };
  }

  #add(operation: Operation): void {
    let node = this.#root;
    for (const part of operation.template.split('/')) {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) {
        let next = node.names.get(part);
        if (next === undefined) node.names.set(part, (next = newNode()));
        node = next;
      } else {
        node.key ??= { name, node: newNode() };
        node = node.key.node;
      }
    }
    node.operations.set(operation.method, operation);
  }
}

/** The key of a name in the path that must be an object id. */
export function idOf(key: PathKey): string {
  if (key.property !== undefined && key.property !== 'id')
    throw badRequest(`'${key.property}' is not a key of this resource.`);
  if (!/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(key.value)) throw notFound(key.value);
  return key.value.toLowerCase();
}
