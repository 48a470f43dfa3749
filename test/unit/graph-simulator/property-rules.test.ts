import { describe, expect, it } from 'vitest';
import { ExtensionRegistry } from '../../sandbox/graph/extensions.ts';
import { volatile } from '../../sandbox/graph/persistence.ts';
import { checkCreate, checkPassword, checkUpdate, propertiesOf } from '../../sandbox/graph/property-rules.ts';
import { randomStream } from '../../sandbox/graph/random.ts';
import { cloudSecurityIdentifier } from '../../sandbox/graph/directory-object.ts';

const none = new ExtensionRegistry([], volatile, undefined);
const group = { displayName: 'g', mailEnabled: false, mailNickname: 'g', securityEnabled: true };

describe('property rules', () => {
  it('demand every required property of a create, and no annotation is a property', () => {
    for (const name of Object.keys(group))
      expect(() => {
        checkCreate('group', { ...group, [name]: null }, none);
      }).toThrow();
    expect(propertiesOf({ ...group, 'members@odata.bind': [] })).toEqual(group);
  });

  it('measure lengths at their very limits', () => {
    const update = (name: string, length: number) => () => {
      checkUpdate('user', { [name]: 'x'.repeat(length) }, {}, none);
    };
    for (const [name, limit] of [
      ['displayName', 256],
      ['employeeId', 16],
      ['jobTitle', 128],
      ['mobilePhone', 64],
    ] as const) {
      expect(update(name, limit)).not.toThrow();
      expect(update(name, limit + 1)).toThrow(/Invalid value specified for property/);
    }
  });

  it('let a fixed property be sent again with the value that it has', () => {
    expect(() => {
      checkUpdate('group', { groupTypes: [] }, { groupTypes: [] }, none);
    }).not.toThrow();
    expect(() => {
      checkUpdate('group', { groupTypes: ['Unified'] }, { groupTypes: [] }, none);
    }).toThrow(/read-only/);
  });

  it('ask for three classes of characters in a password', () => {
    for (const bad of ['', 'Ab1$', 'abcdefgh1', 'ABCDEFGH'])
      expect(() => {
        checkPassword(bad);
      }).toThrow();
    expect(() => {
      checkPassword('Abcdefg1');
    }).not.toThrow();
  });
});

describe('identifiers', () => {
  it('come from the seed and do not repeat across salts', () => {
    const ids = (seed: number, salt: number): string[] => {
      const stream = randomStream(seed, salt);
      return Array.from({ length: 1000 }, () => stream.guid());
    };
    expect(ids(1, 0)).toEqual(ids(1, 0));
    expect(new Set([...ids(1, 0), ...ids(1, 1), ...ids(2, 0)]).size).toBe(3000);
    expect(ids(1, 0)[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('become security identifiers in the byte order of a GUID', () => {
    expect(cloudSecurityIdentifier('00000001-0002-0003-0400-000000000500')).toBe('S-1-12-1-1-196610-4-327680');
  });
});
