import { isJsonObject, type Json, type JsonObject } from '../../sandbox/graph/json.ts';

/** An answer of Graph. `body` is an empty object when there was none. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
  readonly text: string;
}

export interface BatchAnswer {
  readonly id: string;
  readonly status: number;
  readonly headers: JsonObject;
  readonly body: JsonObject;
}

/** Calls a Graph endpoint plainly, without any client's help. Paths are below `/v1.0`; absolute links work, too. */
export class GraphCaller {
  readonly #root: string;
  readonly #token: string;

  constructor(serviceRoot: string, token = 'test') {
    this.#root = `${serviceRoot}/v1.0`;
    this.#token = token;
  }

  async call(method: string, path: string, body?: Json, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(path.startsWith('http') ? path : this.#root + path, {
      method,
      headers: {
        ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed: unknown = response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : {};
    return { status: response.status, headers: response.headers, text, body: isJsonObject(parsed) ? parsed : {} };
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.call('GET', path, undefined, headers);
  }

  /** Creates and gives the id; throws with the body when Graph refuses. */
  async create(path: string, body: Json): Promise<string> {
    const answer = await this.call('POST', path, body);
    if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
    return text(answer.body['id']);
  }

  /** Answers of a batch in the order in which they came. */
  async batch(requests: readonly JsonObject[]): Promise<BatchAnswer[]> {
    const answer = await this.call('POST', '/$batch', { requests: [...requests] });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return valuesOf(answer, 'responses').map((item) => ({
      id: text(item['id']),
      status: Number(item['status']),
      headers: isJsonObject(item['headers']) ? item['headers'] : {},
      body: isJsonObject(item['body']) ? item['body'] : {},
    }));
  }

  /** Follows nextLinks from a path to the end: all values, the number of pages, the delta link if there is one. */
  async all(
    path: string,
    headers?: Record<string, string>,
  ): Promise<{ values: JsonObject[]; pages: number; deltaLink: string }> {
    const values: JsonObject[] = [];
    let next: Json | undefined = path;
    let pages = 0;
    let deltaLink = '';
    while (typeof next === 'string') {
      const answer: Answer = await this.get(next, headers);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      values.push(...valuesOf(answer));
      pages++;
      const link = answer.body['@odata.deltaLink'];
      if (typeof link === 'string') deltaLink = link;
      next = answer.body['@odata.nextLink'];
    }
    return { values, pages, deltaLink };
  }

  /** An absolute reference for `@odata.id` and binds. */
  reference(id: string): string {
    return `${this.#root}/directoryObjects/${id}`;
  }
}

/** A value that must be text. */
export function text(value: Json | undefined): string {
  if (typeof value !== 'string') throw new TypeError(`Text was expected, not ${JSON.stringify(value)}.`);
  return value;
}

/** The objects of a collection answer. */
export function valuesOf(answer: Answer, name = 'value'): JsonObject[] {
  const values = answer.body[name];
  return Array.isArray(values) ? values.filter(isJsonObject) : [];
}

/** `error.code`, `error.message` and the target of the first detail. */
export function errorOf(body: JsonObject): { code: string; message: string; target: string | undefined } {
  const error = isJsonObject(body['error']) ? body['error'] : {};
  const details = Array.isArray(error['details']) ? error['details'] : [];
  const first = details[0];
  const target = isJsonObject(first) ? first['target'] : undefined;
  return {
    code: typeof error['code'] === 'string' ? error['code'] : '',
    message: typeof error['message'] === 'string' ? error['message'] : '',
    target: typeof target === 'string' ? target : undefined,
  };
}

/** A create body that Graph accepts; names and anchor are made from the word. */
export function newUser(word: string, extra: JsonObject = {}): JsonObject {
  return {
    accountEnabled: true,
    displayName: word,
    mailNickname: word,
    userPrincipalName: `${word}@contoso.onmicrosoft.com`,
    passwordProfile: { password: 'xWwvJ]6NMw+bWH-d', forceChangePasswordNextSignIn: true },
    onPremisesImmutableId: Buffer.from(word).toString('base64'),
    ...extra,
  };
}

/** A security group's create body. */
export function newGroup(word: string, extra: JsonObject = {}): JsonObject {
  return { displayName: word, mailEnabled: false, mailNickname: word, securityEnabled: true, ...extra };
}
