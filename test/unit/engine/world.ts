import type { AttributeValues, ObjectClass } from '../../../shared/directory/change.ts';
import { spaceObjectOf } from '../../../shared/engine/directory-object.ts';
import type { ClusterResult } from '../../../shared/engine/engine.ts';
import { engineOf } from '../../../shared/engine/engine-of.ts';
import type { Engine } from '../../../shared/engine/engine.ts';
import type { EngineEnvironment } from '../../../shared/engine/environment.ts';
import type { SpaceObject } from '../../../shared/engine/space-object.ts';
import type { AuthoredRule } from '../../../shared/rules/authoring/authored.ts';
import { toRule } from '../../../shared/rules/authoring/combine.ts';
import type { RuleSet } from '../../../shared/rules/model.ts';
import type { Value } from '../../../shared/rules/value.ts';
import { quiet } from '../../support/evaluation.ts';
import { guidOf } from '../../support/facts.ts';

/** What has to be said of a rule here; the rest is as it mostly is. */
export type RuleText = Partial<AuthoredRule> & Pick<AuthoredRule, 'id'>;

/** Rules for users, in the order of their precedence. */
export function rulesOf(...rules: readonly RuleText[]): RuleSet {
  return {
    version: 1,
    name: 'test',
    connectors: [],
    extensionApplication: null,
    attributes: [],
    rules: rules.map((rule, i) =>
      toRule({
        name: rule.id,
        direction: 'inbound',
        connector: rule.direction === 'outbound' ? 'entra' : 'activeDirectory',
        sourceType: rule.direction === 'outbound' ? 'person' : 'user',
        targetType: rule.direction === 'outbound' ? 'user' : 'person',
        linkType: 'Join',
        precedence: i + 1,
        ...rule,
      }),
    ),
  };
}

/** The rule without which nothing gets into the metaverse. */
export const projection: RuleText = { id: 'project', linkType: 'Provision', precedence: 90 };
/** The rule without which nothing gets into Entra. */
export const provisioning: RuleText = { id: 'provision', direction: 'outbound', linkType: 'Provision', precedence: 91 };

interface Given {
  readonly connector?: string;
  readonly type?: ObjectClass;
  readonly number?: number;
  readonly dn?: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly memberOf?: readonly string[];
}

/** An object of a directory; the same number is the same object. */
export function spaceObject(attributes: AttributeValues, given: Given = {}): SpaceObject {
  const { connector = 'a.test', type = 'user', number = 1, counts = {}, memberOf = [] } = given;
  const dn = given.dn ?? `CN=object ${number},DC=${connector.split('.').join(',DC=')}`;
  return spaceObjectOf(
    connector,
    { objectGuid: guidOf(number), objectClass: type, dn, attributes },
    {
      counts: new Map(Object.entries(counts)),
      memberOf: new Set(memberOf.map((name) => name.toLowerCase())),
    },
  );
}

export function engineFor(ruleSet: RuleSet, connectors: readonly string[] = ['a.test', 'b.test']): Engine {
  return engineOf(ruleSet, connectors);
}

export function evaluate(
  ruleSet: RuleSet,
  objects: readonly SpaceObject[],
  environment: EngineEnvironment = quiet,
): ClusterResult {
  return engineFor(ruleSet).evaluate(objects, environment);
}

/** The values of one metaverse attribute, one for each metaverse object. */
export function metaverseValues(
  ruleSet: RuleSet,
  objects: readonly SpaceObject[],
  attribute: string,
): readonly Value[] {
  return evaluate(ruleSet, objects).metaverse.map(({ metaverse }) => metaverse.value(attribute));
}
