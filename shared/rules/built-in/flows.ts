import type { AttributeFlow } from '../model.ts';
import { namesIn } from '../schemas/schema-of.ts';

const asUsual = { applyOnce: false, merge: 'Update' } as const;

/** Copies attributes; `names` as in schemas. The target has the same name where `targets` has no other. */
export function direct(names: string, targets: Readonly<Record<string, string>> = {}): readonly AttributeFlow[] {
  return namesIn(names).map((source) => ({ ...asUsual, kind: 'direct', source, target: targets[source] ?? source }));
}

/** Copies strings without the blanks around them. */
export function trim(names: string): readonly AttributeFlow[] {
  return namesIn(names).map((name) => expression(name, `Trim([${name}])`));
}

/** The first value of each multi-valued string, as much of it as the metaverse indexes. */
export function firstValue(names: string): readonly AttributeFlow[] {
  return namesIn(names).map((name) =>
    expression(name, `IIF(IsNullOrEmpty([${name}]), NULL, Left(Trim(Item([${name}], 1)), 448))`),
  );
}

/** Leaves what the target has when there is nothing to say. */
export function unlessEmpty(names: string): readonly AttributeFlow[] {
  return namesIn(names).map((name) => expression(name, `IIF(IsNullOrEmpty([${name}]), IgnoreThisFlow, [${name}])`));
}

export function constant(target: string, value: string): AttributeFlow {
  return { ...asUsual, kind: 'constant', target, value };
}

export function expression(target: string, text: string): AttributeFlow {
  return { ...asUsual, kind: 'expression', target, dialect: 'connect', text };
}

/** Flows only while the target object is being created. */
export function once(flows: readonly AttributeFlow[]): readonly AttributeFlow[] {
  return flows.map((flow) => ({ ...flow, applyOnce: true }));
}
