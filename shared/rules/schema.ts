import type { AttributeSyntax } from '../directory/attributes.ts';

/** The types that rules know. Integers and large integers are `number`; GUIDs, SIDs and certificates are `binary`. */
export const valueTypes = ['string', 'number', 'boolean', 'binary', 'reference'] as const;
export type ValueType = (typeof valueTypes)[number];

/** One attribute of a connector space or of the metaverse, as rules see it. */
export interface SchemaAttribute {
  /** In the spelling of the schema; rules must use the same (names are case-sensitive, as in Entra Connect). */
  readonly name: string;
  readonly type: ValueType;
  readonly multiValued: boolean;
}

/** The attributes of one space: `activeDirectory`, `metaverse` or `entra`. */
export type AttributeSchema = ReadonlyMap<string, SchemaAttribute>;

/** The spaces between which rules move values. */
export interface RuleSchemas {
  readonly activeDirectory: AttributeSchema;
  readonly metaverse: AttributeSchema;
  readonly entra: AttributeSchema;
}

export function valueTypeOf(syntax: AttributeSyntax): ValueType {
  switch (syntax) {
    case 'string':
      return 'string';
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'binary':
    case 'guid':
    case 'sid':
      return 'binary';
    case 'reference':
    case 'links':
      return 'reference';
  }
}
