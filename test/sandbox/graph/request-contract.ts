import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';

/** A request to Graph: one of a batch, or one by itself. Path and query below the version. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface Schema {
  readonly $ref?: string;
}
interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
}
interface OperationDocument {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: RequestBody;
}
interface RequestBody {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationDocument>>>>;
  readonly components: {
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly schemas: Readonly<Record<string, SchemaDocument>>;
    readonly requestBodies: Readonly<Record<string, RequestBody>>;
  };
}
interface SchemaDocument {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly allOf?: readonly SchemaDocument[];
  readonly $ref?: string;
  readonly 'x-navigation-properties'?: Readonly<Record<string, unknown>>;
}

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/graph/${name}`, import.meta.url), 'utf8'));
const document = fixture('graph-openapi.json') as OpenApi;
const writability = fixture('graph-writability.json') as Readonly<
  Record<'user' | 'group', Readonly<Record<string, { readonly mode: string }>>>
>;

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(document, 'graph');

/** Calls that Graph documents and that the subset of its OpenAPI leaves out. */
const documentedBesides: readonly (readonly [method: string, path: string, parameters: readonly string[]])[] = [
  ['GET', '/roleManagement/directory/roleAssignments', ['$expand']],
  ['GET', "/applications(appId='{appId}')/extensionProperties", []],
  ['POST', "/applications(appId='{appId}')/extensionProperties", []],
];

interface Documented {
  readonly operation: string;
  readonly pattern: RegExp;
  readonly method: string;
  readonly parameters: ReadonlySet<string>;
  /** Name of the schema of the body; `undefined` where there is none. */
  readonly schema: string | undefined;
}

const operations: readonly Documented[] = [
  ...Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]): Documented[] =>
      ['get', 'post', 'patch', 'put', 'delete'].includes(method) ? [documented(method, path, operation)] : [],
    ),
  ),
  ...documentedBesides.map(([method, path, parameters]) => ({
    operation: `${method} ${path}`,
    pattern: patternOf(path),
    method,
    parameters: new Set(parameters),
    schema: method === 'POST' ? 'microsoft.graph.extensionProperty' : undefined,
  })),
];

function documented(method: string, path: string, operation: OperationDocument): Documented {
  const given = operation.requestBody;
  const requestBody =
    given?.$ref === undefined ? given : document.components.requestBodies[given.$ref.split('/').at(-1) ?? ''];
  const schema = requestBody?.content?.['application/json']?.schema.$ref;
  const named = (operation.parameters ?? []).map((parameter) =>
    parameter.$ref === undefined ? parameter : document.components.parameters[parameter.$ref.split('/').at(-1) ?? ''],
  );
  return {
    operation: `${method.toUpperCase()} ${path}`,
    pattern: patternOf(path),
    method: method.toUpperCase(),
    parameters: new Set(named.flatMap((parameter) => (parameter?.in === 'query' ? [parameter.name ?? ''] : []))),
    schema: schema?.split('/').at(-1),
  };
}

/** Keys in braces stand for anything between slashes; in quotes, for a literal in which a quote is doubled. */
function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
  const keyed = escaped.replace(/'\{[^}]+\}'/g, "'(?:[^']|'')*'").replace(/\{[^}]+\}/g, '[^/]+');
  return new RegExp(`^${keyed}$`);
}

/** Of several templates the one with the fewest keys: `/users/delta` is never a user. */
function match({ method, url }: SentRequest): Documented | undefined {
  const path = decodeURIComponent(url.split('?', 1)[0] ?? '');
  const keys = ({ operation }: Documented): number => operation.split('{').length;
  return operations
    .filter((one) => one.method === method && one.pattern.test(path))
    .sort((a, b) => keys(a) - keys(b))[0];
}

/** Template of the operation that the request is, `undefined` for none that Graph documents. */
export function operationOf(request: SentRequest): string | undefined {
  return match(request)?.operation;
}

/** Everything about a request that Graph's documentation does not allow; empty when nothing is. */
export function contractViolations(request: SentRequest): readonly string[] {
  const found = match(request);
  const what = `${request.method} ${request.url.split('?', 1)[0] ?? ''}`;
  if (found === undefined) return [`${what}: Graph documents no such call`];
  const query = new URLSearchParams(request.url.split('?')[1] ?? '');
  const unknown = [...query.keys()].filter((name) => !found.parameters.has(name));
  return [
    ...unknown.map((name) => `${what}: has no parameter ${name}`),
    ...bodyViolations(found, request).map((text) => `${what}: ${text}`),
  ];
}

function bodyViolations({ schema, operation }: Documented, request: SentRequest): readonly string[] {
  if (request.body === undefined) return schema === undefined ? [] : ['it must have a body'];
  if (schema === undefined) return ['it must not have a body'];
  // Compiled when it is first asked for, and kept.
  const validate = ajv.getSchema(`graph#/components/schemas/${schema}`);
  if (validate === undefined) throw new Error(`The document has no schema ${schema}.`);
  void validate(request.body);
  const shape = (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
  const known = propertiesOf(schema);
  const names = Object.keys(request.body as object);
  const unknown = names.filter(
    (name) => !known.has(name) && !/^extension_[0-9a-f]{32}_\w+$/.test(name) && !name.includes('@odata.'),
  );
  return [...shape, ...unknown.map((name) => `${name} is no property of ${schema}`), ...notWritable(operation, names)];
}

/** Properties that the documentation lets nobody write in this call. */
function notWritable(operation: string, names: readonly string[]): readonly string[] {
  const type = /^(?:POST|PATCH) \/(user|group)s(?:$|\(|\/\{\w+-id\}$)/.exec(operation)?.[1] as
    'user' | 'group' | undefined;
  if (type === undefined) return [];
  // An upsert creates or updates, so what can only be given at creation may be in it.
  const creates = operation.startsWith('POST') || operation.includes('uniqueName');
  return names.flatMap((name) => {
    const mode = writability[type][name]?.mode;
    return mode === 'read-only' || (mode === 'create-only' && !creates) ? [`${name} is ${mode}`] : [];
  });
}

function propertiesOf(name: string): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (schema: SchemaDocument | undefined): void => {
    if (schema === undefined) return;
    for (const property of Object.keys(schema.properties ?? {})) found.add(property);
    for (const part of schema.allOf ?? []) add(part);
    if (schema.$ref !== undefined) add(document.components.schemas[schema.$ref.split('/').at(-1) ?? '']);
  };
  add(document.components.schemas[name]);
  return found;
}
