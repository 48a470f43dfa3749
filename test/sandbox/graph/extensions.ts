import { z } from 'zod';
import type { Json } from './json.ts';
import type { ObjectKind } from './metadata.ts';
import type { Persistence } from './persistence.ts';

const dataTypes = ['Binary', 'Boolean', 'DateTime', 'Integer', 'LargeInteger', 'String'] as const;
export type ExtensionDataType = (typeof dataTypes)[number];

export interface ExtensionDefinition {
  readonly id: string;
  /** `extension_` with the application's id without dashes, and the name that was given. */
  readonly name: string;
  /** Client id. */
  readonly application: string;
  readonly dataType: ExtensionDataType;
  readonly isMultiValued: boolean;
  readonly targetObjects: readonly string[];
}

const definition: z.ZodType<ExtensionDefinition> = z.object({
  id: z.string(),
  name: z.string(),
  application: z.string(),
  dataType: z.enum(dataTypes),
  isMultiValued: z.boolean(),
  targetObjects: z.array(z.string()),
});

export const isExtensionDataType = (text: Json | undefined): text is ExtensionDataType =>
  dataTypes.some((type) => type === text);

const savedAs = 'extensions';

/** The directory extensions that the tenant's applications define. */
export class ExtensionRegistry {
  /** Client ids of the app registrations, in lower case. */
  readonly applications: ReadonlySet<string>;
  readonly #definitions = new Map<string, ExtensionDefinition>();
  readonly #persistence: Persistence;

  constructor(applications: readonly string[], persistence: Persistence, saved: string | undefined) {
    this.applications = new Set(applications.map((id) => id.toLowerCase()));
    this.#persistence = persistence;
    if (saved === undefined) return;
    for (const one of z.array(definition).parse(JSON.parse(saved))) this.#definitions.set(one.name, one);
  }

  static saved(values: ReadonlyMap<string, string> | undefined): string | undefined {
    return values?.get(savedAs);
  }

  of(application: string): ExtensionDefinition[] {
    return [...this.#definitions.values()].filter((one) => one.application === application);
  }

  find(name: string): ExtensionDefinition | undefined {
    return this.#definitions.get(name);
  }

  add(one: ExtensionDefinition): void {
    this.#definitions.set(one.name, one);
    this.#persistence.saveValue(savedAs, JSON.stringify([...this.#definitions.values()]));
  }
}

/** Whether an extension takes the value: null, or one (or several) of its type within its limits. */
export function takes(
  { dataType, isMultiValued, targetObjects }: ExtensionDefinition,
  kind: ObjectKind,
  value: Json,
): boolean {
  if (!targetObjects.includes(kind === 'user' ? 'User' : 'Group')) return false;
  if (value === null) return true;
  if (isMultiValued !== Array.isArray(value)) return false;
  return (Array.isArray(value) ? value : [value]).every((one) => {
    switch (dataType) {
      case 'Boolean':
        return typeof one === 'boolean';
      case 'Integer':
      case 'LargeInteger':
        return Number.isInteger(one);
      default:
        return typeof one === 'string' && one !== '' && one.length <= 256;
    }
  });
}
