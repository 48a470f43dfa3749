import type { AttributeDefinition } from '../directory/attributes.ts';
import { base64Bytes } from '../directory/bytes.ts';
import { guidToBytes } from '../directory/guid.ts';
import { sidToBytes } from '../directory/sid.ts';
import { Reference, type Scalar, type Value } from '../rules/value.ts';

/** Values of an attribute from the canonical text in which they travel and are stored (see `AttributeSyntax`). */
export function valueOf(definition: AttributeDefinition, texts: readonly string[] | undefined): Value {
  if (texts === undefined || texts.length === 0) return null;
  const [first] = texts;
  if (!definition.multiValued) return first === undefined ? null : scalarOf(definition, first);
  return definition.syntax === 'string' ? texts : texts.map((text) => scalarOf(definition, text));
}

function scalarOf(definition: AttributeDefinition, text: string): Scalar {
  switch (definition.syntax) {
    case 'string':
      return text;
    case 'integer':
      return BigInt(text);
    case 'boolean':
      return text.toUpperCase() === 'TRUE';
    case 'binary':
      return base64Bytes(text);
    case 'guid':
      return guidToBytes(text);
    case 'sid':
      return sidToBytes(text);
    case 'reference':
    case 'links':
      return new Reference({ objectGuid: text });
  }
}
