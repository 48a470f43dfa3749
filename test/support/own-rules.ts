import type { AuthoredRule } from '../../shared/rules/authoring/authored.ts';
import { toRule } from '../../shared/rules/authoring/combine.ts';
import { builtInRules, type BuiltInOptions } from '../../shared/rules/built-in/built-in.ts';
import type { RuleSet } from '../../shared/rules/model.ts';

/** The built-in rules with more of one's own. */
export function withRules(options: BuiltInOptions, ...more: readonly Partial<AuthoredRule>[]): RuleSet {
  const builtIn = builtInRules(options);
  const own = more.map((rule, i) =>
    toRule({
      id: `own ${i}`,
      name: `Own ${i}`,
      direction: 'inbound',
      connector: 'activeDirectory',
      sourceType: 'user',
      targetType: 'person',
      linkType: 'Join',
      precedence: i + 1,
      ...rule,
    }),
  );
  return { ...builtIn, rules: [...own, ...builtIn.rules] };
}

/** The users of the department are kept from the tenant. */
export function withoutDepartment(department: string): RuleSet {
  return withRules(
    {},
    {
      scope: [[{ attribute: 'department', operator: 'EQUAL', value: department }]],
      flows: [{ target: 'cloudFiltered', constant: true }],
    },
  );
}
