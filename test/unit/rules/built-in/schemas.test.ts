import { describe, expect, it } from 'vitest';
import { directoryAttributes } from '../../../../shared/directory/attributes.ts';
import { valueTypeOf } from '../../../../shared/rules/schema.ts';
import { inherentAttributes, unreadAttributes } from '../../../../shared/rules/schemas/active-directory.ts';
import { builtInSchemas } from '../../../../shared/rules/schemas/built-in.ts';
import { namesIn, schemaOf } from '../../../../shared/rules/schemas/schema-of.ts';

describe('a schema written as text', () => {
  it('has the types and multiplicities of its headings', () => {
    expect([...schemaOf({ string: ' a\n b', 'number*': 'n[2..4]' }).values()]).toEqual([
      { name: 'a', type: 'string', multiValued: false },
      { name: 'b', type: 'string', multiValued: false },
      { name: 'n2', type: 'number', multiValued: true },
      { name: 'n3', type: 'number', multiValued: true },
      { name: 'n4', type: 'number', multiValued: true },
    ]);
  });

  it('may be empty', () => {
    expect(namesIn(' \n ')).toEqual([]);
  });
});

describe.each(['activeDirectory', 'metaverse', 'entra'] as const)('the schema of %s', (space) => {
  it('knows each attribute in one spelling', () => {
    const names = [...builtInSchemas[space].keys()].map((name) => name.toLowerCase());
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it('has names that an expression can hold', () => {
    for (const [key, { name }] of builtInSchemas[space]) {
      expect(name).toBe(key);
      expect(name).toMatch(/^[A-Za-z][A-Za-z0-9-]*$/);
    }
  });
});

describe('the schema of the directory', () => {
  it('has what the relay reads, what every object has, and what it says is not read, each once', () => {
    const names = [
      ...inherentAttributes.keys(),
      ...directoryAttributes.map(({ name }) => name),
      ...unreadAttributes.map(({ name }) => name),
    ];
    expect([...builtInSchemas.activeDirectory.keys()].toSorted()).toEqual(names.toSorted());
  });

  it('has the type that the values have on their way', () => {
    for (const { name, syntax, multiValued } of directoryAttributes)
      expect(builtInSchemas.activeDirectory.get(name)).toEqual({ name, type: valueTypeOf(syntax), multiValued });
  });

  it('gives a reason for everything that is not read', () => {
    for (const { reason } of unreadAttributes) expect(reason).toMatch(/^[A-Z].+\.$/);
  });
});
