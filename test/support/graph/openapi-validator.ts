import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import type { Json } from '../../sandbox/graph/json.ts';

const document = JSON.parse(
  readFileSync(new URL('../../fixtures/graph/graph-openapi.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

// The subset is OpenAPI 3.0, whose keywords beyond JSON Schema ajv would not know in strict mode.
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(document, 'graph');

/** What is wrong with a body by the OpenAPI subset; empty when nothing is. `name` without `microsoft.graph.`: `user`. */
export function schemaErrors(name: string, body: Json): string[] {
  const full = name.startsWith('x-') ? name : `microsoft.graph.${name}`;
  const validate = ajv.compile({ $ref: `graph#/components/schemas/${full}` });
  validate(body);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}
