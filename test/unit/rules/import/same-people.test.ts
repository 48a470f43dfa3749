import { describe, expect, it } from 'vitest';
import type { AttributeExplanation, Explanation } from '../../../../shared/engine/explanation.ts';
import type { Engine } from '../../../../shared/engine/engine.ts';
import { engineOf } from '../../../../shared/engine/engine-of.ts';
import { explain } from '../../../../shared/engine/explain.ts';
import { WholeDirectories } from '../../../../shared/engine/whole-directories.ts';
import { builtInRules } from '../../../../shared/rules/built-in/built-in.ts';
import { importConfiguration, type RuleOutcome } from '../../../../shared/rules/import/import-configuration.ts';
import type { AttributeFlow, RuleSet, SyncRule } from '../../../../shared/rules/model.ts';
import { compileExpression } from '../../../../shared/rules/expressions/compile.ts';
import { builtInSchemas } from '../../../../shared/rules/schemas/built-in.ts';
import { connectExport } from '../../../support/connect-export.ts';
import { estate, quiet } from '../../../support/evaluation.ts';

const builtIn = builtInRules();
const imported = importConfiguration(connectExport(), builtIn, builtInSchemas);
const connector = 'contoso.com';

/** What the report says of one rule that both sides have: the attributes whose flows differ, and other parts. */
interface Reported {
  readonly flows: ReadonlySet<string>;
  readonly parts: readonly string[];
}

const reported = new Map<string, Reported>(
  imported.rules.flatMap((rule): [string, Reported][] => {
    if (rule.outcome === 'identical') return [[rule.builtIn, { flows: new Set(), parts: [] }]];
    const comparison = rule.outcome === 'translated' ? rule.comparison : undefined;
    if (comparison === undefined) return [];
    return [
      [comparison.builtIn, { flows: new Set(comparison.flows.map(({ target }) => target)), parts: comparison.parts }],
    ];
  }),
);
const ownRules = new Set(
  imported.rules.flatMap((rule) => (rule.outcome === 'translated' && rule.comparison === undefined ? [rule.id] : [])),
);

/** Evaluates the estate by both rule sets, object by object. */
function bothSides(ruleSet: RuleSet): readonly { readonly dn: string; readonly explanation: Explanation }[] {
  const engine: Engine = engineOf(ruleSet, [connector]);
  const directories = new WholeDirectories(engine, [{ connector, directory: estate() }], quiet);
  return [...directories.clusters()]
    .map((cluster) => ({ dn: cluster[0]?.dn ?? '', explanation: explain(engine, cluster, quiet) }))
    .sort((a, b) => (a.dn < b.dn ? -1 : 1));
}

/** Attributes with what they became, as one text each. */
function outcomes(attributes: readonly AttributeExplanation[]): ReadonlyMap<string, string> {
  return new Map(
    attributes.map(({ attribute, outcome, values, links }) => [attribute, JSON.stringify([outcome, values, links])]),
  );
}

function differing(a: readonly AttributeExplanation[], b: readonly AttributeExplanation[]): readonly string[] {
  const [left, right] = [outcomes(a), outcomes(b)];
  const nothing = JSON.stringify(['none', [], []]);
  return [...new Set([...left.keys(), ...right.keys()])].filter(
    (name) => (left.get(name) ?? nothing) !== (right.get(name) ?? nothing),
  );
}

function reads(flow: AttributeFlow): readonly string[] {
  if (flow.kind === 'constant') return [];
  if (flow.kind === 'direct') return [flow.source];
  const compilation = compileExpression(flow.text, {
    dialect: flow.dialect,
    source: builtInSchemas.metaverse,
    target: builtInSchemas.entra,
    parameters: undefined,
  });
  return compilation.ok ? compilation.expression.attributes : [];
}

/** Whether a rule for such objects has a flow to the attribute, on either side, of which the report says that it differs. */
function isReported(attribute: string, direction: SyncRule['direction'], sourceTypes: readonly string[]): boolean {
  const named = [...builtIn.rules, ...imported.ruleSet.rules].filter(
    (rule) => rule.direction === direction && sourceTypes.includes(rule.sourceType),
  );
  return named.some(
    (rule) =>
      rule.flows.some((flow) => flow.target === attribute) &&
      (ownRules.has(rule.id) ||
        imported.builtInOnly.includes(rule.name) ||
        reported.get(rule.name)?.flows.has(attribute) === true),
  );
}

/** Whether outbound flows or scopes on either side read one of the metaverse attributes. */
function comesFrom(changed: readonly string[], attribute: string): boolean {
  return [...builtIn.rules, ...imported.ruleSet.rules]
    .filter((rule) => rule.direction === 'outbound')
    .some((rule) =>
      rule.flows.some((flow) => flow.target === attribute && reads(flow).some((n) => changed.includes(n))),
    );
}

describe('the imported rules beside the built-in ones, over the same estate', () => {
  // What the server's connectors are called and where they are is no difference of rules.
  const { connectors } = imported.ruleSet;
  const [ours, theirs] = [bothSides({ ...builtIn, connectors }), bothSides(imported.ruleSet)];
  const differences = (of: 'metaverse' | 'targets'): readonly string[] =>
    ours.flatMap(({ explanation }, i) =>
      explanation.metaverse.flatMap((one, k) => {
        const other = theirs[i]?.explanation.metaverse[k];
        return of === 'metaverse'
          ? differing(one.attributes, other?.attributes ?? [])
          : one.targets.flatMap(({ attributes }, n) => differing(attributes, other?.targets[n]?.attributes ?? []));
      }),
    );

  it('say the same of who belongs together', () => {
    const shape = (side: typeof ours): unknown => side.map(({ dn, explanation }) => [dn, explanation.metaverse.length]);
    expect(shape(theirs)).toEqual(shape(ours));
    expect(ours.length).toBeGreaterThan(300);
  });

  it('differ at all, and in far from everything', () => {
    expect([...new Set(differences('metaverse'))].sort()).toEqual([
      'accountName',
      'contributingConnectorExchange',
      'contributingConnectorUser',
      'deviceOSType',
      'displayName',
      'domainFQDN',
      'domainNetBios',
      'employeeID',
      'employeeType',
      'forestFQDN',
      'forestNetBios',
      'sourceAnchor',
      'sourceAnchorBinary',
      'usageLocation',
    ]);
    expect([...new Set(differences('targets'))].sort()).toEqual([
      'dn',
      'dnsDomainName',
      'employeeId',
      'employeeType',
      'netBiosName',
      'onPremisesSamAccountName',
      'sourceAnchor',
      'usageLocation',
    ]);
  });

  it('differ in the metaverse only in attributes whose flows the report names', () => {
    const unexplained = ours.flatMap(({ dn, explanation }, i) =>
      explanation.metaverse.flatMap(({ attributes }, k) =>
        differing(attributes, theirs[i]?.explanation.metaverse[k]?.attributes ?? [])
          .filter(
            (attribute) =>
              !isReported(
                attribute,
                'inbound',
                explanation.objects.map(({ object }) => object.type),
              ),
          )
          .map((attribute) => `${dn}: ${attribute}`),
      ),
    );
    expect(unexplained).toEqual([]);
  });

  it('differ in Entra only in what the report names, or what comes from a value that differs in the metaverse', () => {
    const unexplained = ours.flatMap(({ dn, explanation }, i) =>
      explanation.metaverse.flatMap((one, k) => {
        const other = theirs[i]?.explanation.metaverse[k];
        const changed = differing(one.attributes, other?.attributes ?? []);
        return one.targets.flatMap(({ type, attributes }) =>
          differing(attributes, other?.targets.find((target) => target.type === type)?.attributes ?? [])
            .filter((attribute) => !isReported(attribute, 'outbound', [one.type]) && !comesFrom(changed, attribute))
            .map((attribute) => `${dn}: ${type} ${attribute}`),
        );
      }),
    );
    expect(unexplained).toEqual([]);
  });

  it('make the same objects of Entra out of everybody', () => {
    const kinds = (side: typeof ours): unknown =>
      side.map(({ dn, explanation }) => [
        dn,
        explanation.metaverse.flatMap(({ targets }) => targets.map(({ type, link }) => `${link} ${type}`)),
      ]);
    expect(kinds(theirs)).toEqual(kinds(ours));
  });
});

describe('the report on the real export', () => {
  const count = (outcome: RuleOutcome['outcome']): number =>
    imported.rules.filter((rule) => rule.outcome === outcome).length;

  it('accounts for each of the 62 rules exactly once', () => {
    const files = imported.rules.map(({ file }) => file);
    expect(new Set(files).size).toBe(62);
    expect(files.length).toBe(62);
    expect([count('identical'), count('translated'), count('untranslatable')]).toEqual([4, 49, 9]);
    expect(imported.problems).toEqual([]);
    expect(imported.builtInOnly).toEqual([]);
  });

  it('names the reason for each rule that cannot be translated', () => {
    const reasons = imported.rules.flatMap((rule) =>
      rule.outcome === 'untranslatable' ? [`${rule.name}: ${rule.reason}`] : [],
    );
    const writesBack = 'It writes back to the directory, which Lockstep does not do.';
    expect(reasons.sort()).toEqual(
      [
        'In from AD - Device Common: Objects of the type "msDS-Device" are not read.',
        `Out to AD - Contact Exchange Hybrid: ${writesBack}`,
        `Out to AD - Contact Join: ${writesBack}`,
        `Out to AD - Group Exchange Hybrid: ${writesBack}`,
        `Out to AD - Group Join: ${writesBack}`,
        `Out to AD - InetOrgPerson Exchange Hybrid: ${writesBack}`,
        `Out to AD - InetOrgPerson Join: ${writesBack}`,
        `Out to AD - User Exchange Hybrid: ${writesBack}`,
        `Out to AD - User Join SOAInAD: ${writesBack}`,
      ].sort(),
    );
  });

  it('knows the connectors with their parameters and containers', () => {
    expect(imported.connectors.map(({ name, kind }) => [name, kind])).toEqual([
      ['contoso.com', 'activeDirectory'],
      ['contoso.onmicrosoft.com - AAD', 'entra'],
    ]);
    const [directory] = imported.connectors;
    expect(directory?.parameters).toEqual({
      'Domain.FQDN': 'contoso.com',
      'Domain.LDAP': 'DC=contoso,DC=com',
      'Domain.Netbios': 'CONTOSO',
    });
    expect(directory?.partitions).toEqual([
      { dn: 'DC=contoso,DC=com', included: ['OU=CORP,DC=contoso,DC=com'], excluded: ['DC=contoso,DC=com'] },
    ]);
  });

  it('says of a changed rule how each flow differs', () => {
    const join = imported.rules.find(({ name }) => name === 'Out to AAD - Group Join');
    const member =
      join?.outcome === 'translated' ? join.comparison?.flows.find((f) => f.target === 'member') : undefined;
    expect(member?.kind).toBe('changed');
    expect(member?.imported).toContain('50000');
    expect(member?.builtIn).toContain('250000');
  });
});
