import { z } from 'zod';
import type { GraphUsage } from '../../shared/contracts/status.ts';
import type { ExtensionDefinition } from '../../shared/entra/directory-extensions.ts';
import type { Properties } from '../../shared/engine/intended.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { ownerOf, valueAt } from '../../shared/entra/nested-properties.ts';
import { groupRules, userRules } from '../../shared/entra/value-rules.ts';
import type { CausedWrite, DeltaPage, EntraTenant, TenantObject, WriteOutcome } from '../sync/tenant.ts';
import { deltaPage, isExpired, linkOf, toDelta } from './delta.ts';
import { failureOf } from './failures.ts';
import { literal, toRequest, withCause } from './requests.ts';
import { toValue } from './values.ts';
import type { GraphResponse, Transport } from './transport.ts';
import { withoutQuery } from './transport.ts';
import type { LaneOptions } from './write-lane.ts';
import { retryAfterMs, WriteLane } from './write-lane.ts';

export interface EntraOptions extends LaneOptions {
  readonly transport: Transport;
  readonly serviceRoot: string;
  /** Directory extensions that objects are read with, by their names in Graph. */
  readonly extensions: readonly string[];
}

/** Graph's largest page. */
const pageSize = 999;
const readAttempts = 5;

const collection = { user: '/users', group: '/groups' } as const;

const page = z.object({ value: z.array(z.record(z.string(), z.unknown())), '@odata.nextLink': z.string().optional() });
const domainPage = z.object({
  value: z.array(
    z.object({
      id: z.string(),
      isVerified: z.boolean().nullish(),
      isInitial: z.boolean().nullish(),
      authenticationType: z.string().nullish(),
    }),
  ),
});

const extensionPage = z.object({
  value: z.array(
    z.object({
      name: z.string(),
      dataType: z.string(),
      isMultiValued: z.boolean().nullish(),
      targetObjects: z.array(z.string()),
    }),
  ),
});
/** What can have an extension of ours. */
const extensible = ['User', 'Group'];

const assignmentPage = z.object({
  value: z.array(
    z.object({ principalId: z.string(), principal: z.object({ '@odata.type': z.string().optional() }).nullish() }),
  ),
  '@odata.nextLink': z.string().optional(),
});

/** The tenant through Microsoft Graph v1.0. */
export class GraphTenant implements EntraTenant {
  readonly #transport: Transport;
  readonly #lane: WriteLane;
  readonly #options: EntraOptions;
  readonly #managed: Readonly<Record<'user' | 'group', readonly string[]>>;
  readonly #select: Readonly<Record<'user' | 'group', string>>;
  #usage: { requests: number; writes: number } = { requests: 0, writes: 0 };

  constructor(options: EntraOptions) {
    this.#options = options;
    const { transport, extensions } = options;
    this.#managed = {
      user: [...Object.keys(userRules), ...extensions],
      group: [...Object.keys(groupRules), ...extensions],
    };
    this.#select = {
      user: [...new Set(['id', ...this.#managed.user.map(ownerOf)])].join(','),
      group: ['id', 'uniqueName', ...this.#managed.group].join(','),
    };
    this.#transport = {
      send: (method, path, body, headers) => {
        this.#usage.requests += 1;
        const batch = path === '/$batch' ? (body as { requests: unknown[] }).requests.length : 0;
        this.#usage.writes += batch > 0 ? batch : method === 'GET' ? 0 : 1;
        return transport.send(method, path, body, headers);
      },
    };
    this.#lane = new WriteLane(this.#transport, options);
  }

  async domains(): ReturnType<EntraTenant['domains']> {
    const answer = this.#parse(
      domainPage,
      '/domains',
      await this.#get('/domains?$select=id,isVerified,isInitial,authenticationType'),
    );
    const idOf = (domain: { id: string } | undefined): string | undefined => domain?.id.toLowerCase();
    // A domain that carries no flag at all is taken as verified: older answers omit what is true.
    const verified = answer.value.filter((domain) => domain.isVerified !== false);
    const initial =
      verified.find((domain) => domain.isInitial === true) ??
      verified.find((domain) => /^[^.]+\.onmicrosoft\.(com|us)$|^[^.]+\.partner\.onmschina\.cn$/i.test(domain.id)) ??
      verified[0];
    const namesOf = (some: typeof verified): string[] => some.map((domain) => domain.id.toLowerCase()).sort();
    return {
      verified: namesOf(verified),
      federated: namesOf(verified.filter(({ authenticationType }) => authenticationType === 'Federated')),
      initial: idOf(initial) ?? '',
    };
  }

  async defineExtensions(
    application: string,
    definitions: readonly ExtensionDefinition[],
    create: boolean,
  ): Promise<void> {
    const path = `/applications(appId='${encodeURIComponent(application)}')/extensionProperties`;
    const response = await this.#get(path, [404]);
    if (response.status === 404) {
      throw new LockstepError('LS3009', `The tenant has no application ${application}.`, { object: application });
    }
    const existing = new Map(this.#parse(extensionPage, path, response).value.map((one) => [one.name, one]));
    for (const { name, property, dataType, multiValued } of definitions) {
      const found = existing.get(property);
      if (found === undefined && !create) {
        throw new LockstepError('LS3011', `The extension ${property} is not defined yet.`, { object: property });
      }
      if (found === undefined) {
        const body = { name, dataType, isMultiValued: multiValued, targetObjects: extensible };
        const answer = await this.#ask('POST', path, body, [400]);
        // A repeat after a lost answer finds what the first request made.
        if (answer.status === 400 && failureOf(400, answer.body).kind !== 'conflict') {
          throw refusal(`POST ${path}`, answer, false);
        }
        continue;
      }
      const fits = extensible.every((type) => found.targetObjects.includes(type));
      if (found.dataType !== dataType || (found.isMultiValued ?? false) !== multiValued || !fits) {
        const shape = `${found.isMultiValued === true ? 'several values of ' : ''}${found.dataType} for ${found.targetObjects.join(' and ')}`;
        throw new LockstepError('LS3010', `The extension ${property} exists, but with ${shape}.`, { object: property });
      }
    }
  }

  objects(type: 'user' | 'group'): AsyncIterable<readonly TenantObject[]> {
    return this.#pages(type, `${collection[type]}?$select=${this.#select[type]}&$top=${pageSize}`);
  }

  deletedObjects(type: 'user' | 'group'): AsyncIterable<readonly TenantObject[]> {
    return this.#pages(
      type,
      `/directory/deletedItems/microsoft.graph.${type}?$select=${this.#select[type]}&$top=${pageSize}`,
    );
  }

  async userByAnchor(immutableId: string): Promise<TenantObject | undefined> {
    const path = `/users?$filter=onPremisesImmutableId%20eq%20${literal(immutableId)}&$select=${this.#select.user}`;
    const [found] = this.#parse(page, path, await this.#get(path)).value;
    return found === undefined ? undefined : this.#toObject('user', found);
  }

  userBySignInName(name: string): Promise<TenantObject | undefined> {
    return this.#one('user', `/users/${encodeURIComponent(name)}?$select=${this.#select.user}`);
  }

  async userByMail(address: string): Promise<TenantObject | undefined> {
    const path = `/users?$filter=mail%20eq%20${literal(address)}&$select=${this.#select.user}&$top=2`;
    const found = this.#parse(page, path, await this.#get(path)).value;
    return found.length === 1 ? this.#toObject('user', found[0] ?? {}) : undefined;
  }

  async roleHolders(): Promise<ReadonlySet<string>> {
    const holders = new Set<string>();
    const path = '/roleManagement/directory/roleAssignments?$expand=principal';
    for await (const some of this.#answers(assignmentPage, path)) {
      for (const { principalId, principal } of some.value) {
        if (holders.has(principalId)) continue;
        holders.add(principalId);
        if (principal?.['@odata.type'] !== '#microsoft.graph.group') continue;
        const members = `/groups/${encodeURIComponent(principalId)}/transitiveMembers?$select=id&$top=${pageSize}`;
        for await (const group of this.#answers(page, members)) {
          for (const member of group.value) holders.add(String(member['id']));
        }
      }
    }
    return holders;
  }

  groupByUniqueName(uniqueName: string): Promise<TenantObject | undefined> {
    return this.#one('group', `/groups(uniqueName=${literal(uniqueName)})?$select=${this.#select.group}`);
  }

  byId(type: 'user' | 'group', id: string): Promise<TenantObject | undefined> {
    return this.#one(type, `${collection[type]}/${encodeURIComponent(id)}?$select=${this.#select[type]}`);
  }

  async managerOf(id: string): Promise<string | undefined> {
    const path = `/users/${encodeURIComponent(id)}/manager?$select=id`;
    const response = await this.#get(path, [404]);
    return response.status === 404 ? undefined : this.#parse(z.object({ id: z.string() }), path, response).id;
  }

  async memberIds(groupId: string): Promise<readonly string[] | undefined> {
    const ids: string[] = [];
    let next: string | undefined = `/groups/${encodeURIComponent(groupId)}/members?$select=id&$top=${pageSize}`;
    while (next !== undefined) {
      const response: GraphResponse = await this.#get(next, [404]);
      if (response.status === 404) return undefined;
      const answer: z.infer<typeof page> = this.#parse(page, next, response);
      ids.push(...answer.value.map((member) => String(member['id'])));
      next = answer['@odata.nextLink'];
    }
    return ids;
  }

  async deltaLink(type: 'user' | 'group'): Promise<string> {
    const relation = type === 'user' ? 'manager' : 'members';
    const path = `${collection[type]}/delta?$deltatoken=latest&$select=${this.#select[type]},${relation}`;
    let page = this.#parse(deltaPage, path, await this.#get(path));
    // "latest" has no objects, and may still have pages.
    for (let next = page['@odata.nextLink']; next !== undefined; next = page['@odata.nextLink']) {
      page = this.#parse(deltaPage, next, await this.#get(next));
    }
    return linkOf(page, path).link;
  }

  async changesSince(link: string, type: 'user' | 'group'): Promise<DeltaPage | undefined> {
    const response = await this.#get(link, [400, 404, 410]);
    if (response.status >= 400) {
      if (isExpired(response)) return undefined;
      throw refusal(`GET ${withoutQuery(link)}`, response, false);
    }
    const page = this.#parse(deltaPage, link, response);
    return { ...linkOf(page, link), objects: page.value.map((value) => toDelta(value, this.#managed[type])) };
  }

  write(writes: readonly CausedWrite[]): Promise<readonly WriteOutcome[]> {
    const { serviceRoot } = this.#options;
    return this.#lane.send(
      writes.map(({ write, correlationId }) => withCause(toRequest(write, serviceRoot), correlationId)),
    );
  }

  takeUsage(): GraphUsage {
    const usage = this.#usage;
    this.#usage = { requests: 0, writes: 0 };
    return usage;
  }

  async *#pages(type: 'user' | 'group', first: string): AsyncIterable<readonly TenantObject[]> {
    for await (const answer of this.#answers(page, first))
      yield answer.value.map((value) => this.#toObject(type, value));
  }

  /** The pages of a listing. */
  async *#answers<T extends { readonly '@odata.nextLink'?: string | undefined }>(
    schema: z.ZodType<T>,
    first: string,
  ): AsyncIterable<T> {
    let next: string | undefined = first;
    while (next !== undefined) {
      const answer: T = this.#parse(schema, next, await this.#get(next));
      yield answer;
      next = answer['@odata.nextLink'];
    }
  }

  async #one(type: 'user' | 'group', path: string): Promise<TenantObject | undefined> {
    const response = await this.#get(path, [404]);
    return response.status === 404
      ? undefined
      : this.#toObject(type, this.#parse(z.record(z.string(), z.unknown()), path, response));
  }

  #toObject(type: 'user' | 'group', value: Readonly<Record<string, unknown>>): TenantObject {
    const anchor = value[type === 'user' ? 'onPremisesImmutableId' : 'uniqueName'];
    const properties: Properties = Object.fromEntries(
      this.#managed[type].map((name) => [name, toValue(valueAt(value, name))]),
    );
    return { id: String(value['id']), type, anchor: typeof anchor === 'string' ? anchor : null, properties };
  }

  #get(path: string, expected: readonly number[] = []): Promise<GraphResponse> {
    return this.#ask('GET', path, undefined, expected);
  }

  /** A request with bounded retries; `expected` are statuses that the caller takes as an answer. */
  async #ask(method: 'GET' | 'POST', path: string, body: unknown, expected: readonly number[]): Promise<GraphResponse> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#transport.send(method, path, body);
      if (response.status < 300 || expected.includes(response.status)) return response;
      const transient = response.status === 429 || response.status >= 500;
      if (!transient || attempt >= readAttempts) throw refusal(`${method} ${withoutQuery(path)}`, response, transient);
      const waitMs =
        retryAfterMs(response.headers.get('Retry-After')) ??
        500 * 2 ** (attempt - 1) * (1 + this.#options.random() / 4);
      this.#options.onRetry?.(1, waitMs, `HTTP ${response.status}`);
      await this.#options.sleep(waitMs);
    }
  }

  #parse<T>(schema: z.ZodType<T>, path: string, response: GraphResponse): T {
    const parsed = schema.safeParse(response.body);
    if (parsed.success) return parsed.data;
    const id = response.headers.get('request-id') ?? 'none';
    throw new LockstepError(
      'LS3005',
      `The answer to GET ${withoutQuery(path)} does not have the documented form (request id ${id}).`,
    );
  }
}

function refusal(request: string, response: GraphResponse, transient: boolean): LockstepError {
  const { kind, message } = failureOf(response.status, response.body);
  const what = `${request} (HTTP ${response.status}): ${message}`;
  if (transient) return new LockstepError('LS3001', `Microsoft Graph did not answer ${what}`, { retryable: true });
  return kind === 'denied'
    ? new LockstepError('LS3003', `Microsoft Graph refused ${what}`)
    : new LockstepError('LS3005', `Microsoft Graph refused ${what}`);
}
