import type { AttributeSchema, SchemaAttribute, ValueType } from '../schema.ts';

/** Attribute names by type, separated by white space; `*` marks multi-valued ones, `name[1..15]` is a numbered family. */
export type SchemaText = Readonly<Partial<Record<ValueType | `${ValueType}*`, string>>>;

export function schemaOf(text: SchemaText): AttributeSchema {
  return asSchema(
    (Object.entries(text) as [keyof SchemaText, string][]).flatMap(([key, names]) =>
      namesIn(names).map((name) => {
        return { name, type: key.replace('*', '') as ValueType, multiValued: key.endsWith('*') };
      }),
    ),
  );
}

export function asSchema(attributes: readonly SchemaAttribute[]): AttributeSchema {
  return new Map(attributes.map((attribute) => [attribute.name, attribute]));
}

/** The names in a text: separated by white space, with numbered families spelled out. */
export function namesIn(text: string): readonly string[] {
  return text.split(/\s+/).flatMap((name) => {
    if (name === '') return [];
    const [, family, from, to] = /^(.+)\[(\d+)\.\.(\d+)\]$/.exec(name) ?? [];
    if (family === undefined) return [name];
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => `${family}${Number(from) + i}`);
  });
}
