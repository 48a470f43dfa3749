import { describe, expect, it } from 'vitest';
import { extensionTargets } from '../../../shared/entra/directory-extensions.ts';
import { targetOf } from '../../../shared/entra/targets.ts';
import { userRules, violationOf } from '../../../shared/entra/value-rules.ts';
import { builtInRules } from '../../../shared/rules/built-in/built-in.ts';
import type { CustomAttribute, RuleSet } from '../../../shared/rules/model.ts';

const application = '01234567-89AB-cdef-0123-456789abcdef';
const attribute = (name: string, more: Partial<CustomAttribute> = {}): CustomAttribute => ({
  space: 'entra',
  name,
  type: 'string',
  multiValued: false,
  ...more,
});
const rules: RuleSet = {
  ...builtInRules(),
  extensionApplication: application,
  attributes: [
    attribute('extension_costCode'),
    attribute('extension_remote', { type: 'boolean' }),
    attribute('extension_badge', { type: 'number' }),
    attribute('extension_skills', { multiValued: true }),
    attribute('extension_key', { space: 'metaverse' }),
    attribute('notAnExtension'),
  ],
};

describe('the extension attributes of a rule set', () => {
  it.each([
    ['extension_costCode', 'text'],
    ['extension_remote', 'flag'],
    ['extension_badge', 'text'],
    ['extension_skills', 'list'],
  ])('%s goes to a property of the application, as %s', (name, form) => {
    const property = `extension_0123456789abcdef0123456789abcdef_${name.slice('extension_'.length)}`;
    for (const type of ['user', 'group'] as const)
      expect(targetOf(type, name, extensionTargets(rules))).toEqual({ property, form });
  });

  it('are those of the tenant only', () => {
    expect([...extensionTargets(rules).keys()]).toEqual([
      'extension_costCode',
      'extension_remote',
      'extension_badge',
      'extension_skills',
    ]);
  });

  it('stay behind without an application, and the reason says what is missing', () => {
    const none = extensionTargets({ ...rules, extensionApplication: null });
    expect(targetOf('user', 'extension_costCode', none)).toEqual({
      reason: 'The rules name no application that holds directory extensions (extensionApplication).',
    });
  });

  it('take 256 characters a value', () => {
    const property = `extension_${application.replaceAll('-', '')}_costCode`;
    expect(violationOf(userRules, property, ['x'.repeat(256)])).toBeUndefined();
    expect(violationOf(userRules, property, 'x'.repeat(257))?.code).toBe('LS3103');
  });
});
