import { takes, type ExtensionRegistry } from './extensions.ts';
import { badRequest, denied, GraphFailure, invalidValues, readOnlyProperty } from './failure.ts';
import { isJsonObject, sameJson, type Json, type JsonObject } from './json.ts';
import { isExtensionName, metadata, type ObjectKind, type PropertyMetadata, type PropertyRule } from './metadata.ts';

const resourceName = { user: 'User', group: 'Group' } as const;

const invalidValue = (name: string, kind: ObjectKind): GraphFailure =>
  badRequest(`Invalid value specified for property '${name}' of resource '${resourceName[kind]}'.`, { target: name });

function hasType(value: Json, { type, dateTime }: PropertyMetadata): boolean {
  if (value === null) return true;
  switch (type) {
    case 'string':
      return typeof value === 'string' && (!dateTime || /^\d{4}-\d\d-\d\d(T|$)/.test(value));
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return Number.isInteger(value);
    case 'object':
      return isJsonObject(value);
    case 'strings':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    case 'objects':
      return Array.isArray(value) && value.every(isJsonObject);
  }
}

/** Patterns come from the rules file; compiling one once is enough. */
const compiled = new Map<string, RegExp>();
function pattern(text: string): RegExp {
  let found = compiled.get(text);
  if (found === undefined) compiled.set(text, (found = new RegExp(text)));
  return found;
}

function isAllowedText(text: string, rule: PropertyRule): boolean {
  if (rule.maxLength !== undefined && text.length > rule.maxLength) return false;
  if (rule.pattern !== undefined && !pattern(rule.pattern).test(text)) return false;
  if (rule.enum !== undefined && !rule.enum.includes(text)) return false;
  return !Array.from(rule.forbiddenChars ?? '').some((char) => text.includes(char));
}

function isAllowedList(items: readonly Json[], rule: PropertyRule): boolean {
  if (rule.maxItems !== undefined && items.length > rule.maxItems) return false;
  return items.every((item) => {
    if (typeof item !== 'string') return true;
    if (rule.maxLengthEach !== undefined && item.length > rule.maxLengthEach) return false;
    return rule.enumItems?.includes(item) !== false;
  });
}

function isAllowed(value: Json, rule: PropertyRule): boolean {
  if (value === null) return rule.clearable && (rule.enum?.includes(null) ?? true);
  // An empty string is no value for the directory: to clear a property one sends null.
  if (value === '') return false;
  if (typeof value === 'string') return isAllowedText(value, rule);
  if (Array.isArray(value)) return isAllowedList(value, rule);
  if (isJsonObject(value) && rule.maxLengthEach !== undefined) return isAllowedList(Object.values(value), rule);
  return true;
}

function checkExtension(name: string, value: Json, kind: ObjectKind, extensions: ExtensionRegistry): void {
  const definition = extensions.find(name);
  if (definition === undefined) throw badRequest(`The following extension properties are not available: ${name}.`);
  if (!takes(definition, kind, value)) throw invalidValue(name, kind);
}

function checkMode(name: string, rule: PropertyRule, value: Json, current: Json | undefined, creating: boolean): void {
  const unchanged = !creating && sameJson(value, current ?? null);
  if (rule.mode === 'read-only' && rule.writeError !== undefined)
    throw new GraphFailure(rule.writeError.status, rule.writeError.code, rule.writeError.message);
  if (rule.mode === 'read-only' && !(name === 'uniqueName' && unchanged)) throw readOnlyProperty(name);
  if (rule.mode === 'create-only' && !creating && !unchanged) throw readOnlyProperty(name);
  if (!rule.appOnly) throw denied();
  if (creating && rule.notOnCreate) throw invalidValues();
}

/** What a property must satisfy, one at a time, whatever the rest of the body says. */
function checkProperty(
  name: string,
  value: Json,
  kind: ObjectKind,
  current: Readonly<Record<string, Json>> | undefined,
  extensions: ExtensionRegistry,
): void {
  if (isExtensionName(name)) {
    checkExtension(name, value, kind, extensions);
    return;
  }
  const property = metadata[kind].properties.get(name);
  if (property === undefined)
    throw badRequest(`Invalid property '${name}'. It does not exist on the resource '${resourceName[kind]}'.`);
  checkMode(name, property.rule, value, current?.[name], current === undefined);
  if (!hasType(value, property) || !isAllowed(value, property.rule)) throw invalidValue(name, kind);
}

/** The properties of a body, annotations (`…@odata.…`) left out. */
export function propertiesOf(body: JsonObject): Record<string, Json> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !name.includes('@')));
}

/**
 * Checks a create body against what the documentation says of each property: known, writable, of its type, not too long,
 * within its pattern; required ones present. `exempt` names required ones that this create may lack.
 */
export function checkCreate(
  kind: ObjectKind,
  properties: Readonly<Record<string, Json>>,
  extensions: ExtensionRegistry,
  exempt: readonly string[] = [],
): void {
  for (const [name, value] of Object.entries(properties)) checkProperty(name, value, kind, undefined, extensions);
  for (const name of metadata[kind].required)
    if ((properties[name] ?? null) === null && !exempt.includes(name)) {
      if (name === 'passwordProfile') throw badRequest('A password must be specified to create a new user.');
      throw badRequest(`Required property '${name}' is missing or null.`, { target: name });
    }
}

/** Checks an update body against the same rules; `current` are the object's properties before it. */
export function checkUpdate(
  kind: ObjectKind,
  properties: Readonly<Record<string, Json>>,
  current: Readonly<Record<string, Json>>,
  extensions: ExtensionRegistry,
): void {
  for (const [name, value] of Object.entries(properties)) checkProperty(name, value, kind, current, extensions);
}

/** True when a property is mastered on premises for synced objects. Groups list none: all of theirs are. */
export function isOnPremisesMastered(kind: ObjectKind, name: string): boolean {
  return kind === 'group' || metadata[kind].properties.get(name)?.rule.onPremMastered === true;
}

/** True when a change of the property on a role holder is a sensitive action. */
export const isSensitive = (name: string): boolean => metadata.user.properties.get(name)?.rule.sensitive === true;

/** Eight characters at least, of three of the four classes. */
export function checkPassword(password: Json | undefined): void {
  if (typeof password !== 'string' || password === '')
    throw badRequest('A password must be specified to create a new user.');
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((test) => test.test(password)).length;
  if (password.length < 8 || password.length > 256 || classes < 3)
    throw badRequest(
      'The specified password does not comply with password complexity requirements. Please provide a different password.',
      { target: 'passwordProfile' },
    );
}
