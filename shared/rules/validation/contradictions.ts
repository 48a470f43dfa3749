import { mergeOf, type ScopeClause, type SyncRule } from '../model.ts';
import type { RuleProblem } from '../problem.ts';

/** Rules that cannot both hold for an object that both have in scope, where that can happen. */
export function contradictions(rules: readonly SyncRule[]): readonly RuleProblem[] {
  return [...joinContradictions(rules), ...mergeContradictions(rules), ...sharedPrecedence(rules)];
}

/** Only one rule with join conditions, or that creates another type of object, may apply to an object. */
function joinContradictions(rules: readonly SyncRule[]): readonly RuleProblem[] {
  return pairs(rules).flatMap(([a, b]) => {
    if (!sameSource(a, b) || !mayOverlap(a, b)) return [];
    // Outbound rules of Entra Connect repeat the conditions of the one that joins; that is no contradiction.
    const bothJoin =
      a.join.length > 0 &&
      b.join.length > 0 &&
      (a.direction === 'inbound' || JSON.stringify(a.join) !== JSON.stringify(b.join));
    const bothCreate = a.linkType === 'Provision' && b.linkType === 'Provision' && a.targetType !== b.targetType;
    if (!bothJoin && !bothCreate) return [];
    const what = bothJoin ? 'have join conditions' : `create objects (${a.targetType} and ${b.targetType})`;
    return [
      problem(
        b,
        'error',
        ['scope'],
        `"${a.name}" and "${b.name}" both ${what}, and an object may be in the scope of both.`,
      ),
    ];
  });
}

/** Everything that flows to one attribute is merged in one way. */
function mergeContradictions(rules: readonly SyncRule[]): readonly RuleProblem[] {
  return pairs(rules).flatMap(([a, b]) => {
    // Inbound, objects of different connectors meet in the metaverse.
    const meet =
      a.direction === b.direction && a.targetType === b.targetType && (a.direction === 'inbound' || sameSource(a, b));
    if (!meet || (sameSource(a, b) && !mayOverlap(a, b))) return [];
    const first = new Map(a.flows.map((flow) => [flow.target, mergeOf(flow)]));
    return b.flows.flatMap((flow, i) => {
      const other = first.get(flow.target);
      if (other === undefined || other === mergeOf(flow)) return [];
      const message = `"${a.name}" has ${flow.target} as ${other}, this rule as ${mergeOf(flow)}; all rules must merge it in one way.`;
      return [problem(b, 'error', ['flows', i, 'merge'], message)];
    });
  });
}

/** Two rules of one precedence that write one attribute: which wins is settled by their ids, which nobody sees. */
function sharedPrecedence(rules: readonly SyncRule[]): readonly RuleProblem[] {
  return pairs(rules).flatMap(([a, b]) => {
    if (a.precedence !== b.precedence || !sameSource(a, b) || !mayOverlap(a, b)) return [];
    const targets = new Set(a.flows.map(({ target }) => target));
    const shared = b.flows.find(({ target }) => targets.has(target))?.target;
    if (shared === undefined) return [];
    return [
      problem(
        b,
        'warning',
        ['precedence'],
        `"${a.name}" has the precedence ${b.precedence} too, and both write ${shared}.`,
      ),
    ];
  });
}

function sameSource(a: SyncRule, b: SyncRule): boolean {
  const sameConnector =
    a.connector.kind === b.connector.kind &&
    (a.connector.name === null || b.connector.name === null || a.connector.name === b.connector.name);
  return a.direction === b.direction && a.sourceType === b.sourceType && sameConnector;
}

/** False only when no object can be in both scopes, as far as their conditions show. */
function mayOverlap(a: SyncRule, b: SyncRule): boolean {
  const groups = (rule: SyncRule): readonly (readonly ScopeClause[])[] => (rule.scope.length === 0 ? [[]] : rule.scope);
  return groups(a).some((left) => groups(b).some((right) => !left.some((x) => right.some((y) => excludes(x, y)))));
}

/** Whether two conditions on single values cannot both hold. */
function excludes(a: ScopeClause, b: ScopeClause): boolean {
  if (a.attribute !== b.attribute) return false;
  return oneWay(a, b) || oneWay(b, a);
}

function oneWay(a: ScopeClause, b: ScopeClause): boolean {
  const [x, y] = [a.value.toLowerCase(), b.value.toLowerCase()];
  switch (a.operator) {
    case 'ISNULL':
      return !['ISNULL'].includes(b.operator) && positive.has(b.operator);
    case 'EQUAL':
      return (
        (b.operator === 'EQUAL' && x !== y) ||
        (b.operator === 'NOTEQUAL' && x === y) ||
        (b.operator === 'STARTSWITH' && !x.startsWith(y)) ||
        (b.operator === 'NOTSTARTSWITH' && x.startsWith(y)) ||
        (b.operator === 'ENDSWITH' && !x.endsWith(y)) ||
        (b.operator === 'NOTENDSWITH' && x.endsWith(y)) ||
        (b.operator === 'CONTAINS' && !x.includes(y)) ||
        (b.operator === 'NOTCONTAINS' && x.includes(y))
      );
    default: {
      const opposite = opposites[a.operator];
      return opposite !== undefined && b.operator === opposite && x === y;
    }
  }
}

/** Hold only for an attribute with a value. */
const positive: ReadonlySet<string> = new Set([
  'ISNOTNULL',
  'EQUAL',
  'CONTAINS',
  'STARTSWITH',
  'ENDSWITH',
  'ISIN',
  'ISBITSET',
  'LESSTHAN',
  'LESSTHAN_OR_EQUAL',
  'GREATERTHAN',
  'GREATERTHAN_OR_EQUAL',
]);

const opposites: Readonly<Partial<Record<string, string>>> = {
  CONTAINS: 'NOTCONTAINS',
  STARTSWITH: 'NOTSTARTSWITH',
  ENDSWITH: 'NOTENDSWITH',
  ISIN: 'ISNOTIN',
  ISBITSET: 'ISBITNOTSET',
  ISMEMBEROF: 'ISNOTMEMBEROF',
  LESSTHAN: 'GREATERTHAN_OR_EQUAL',
  GREATERTHAN: 'LESSTHAN_OR_EQUAL',
};

function pairs(rules: readonly SyncRule[]): readonly (readonly [SyncRule, SyncRule])[] {
  return rules.flatMap((a, i) => rules.slice(i + 1).map((b) => [a, b] as const));
}

function problem(
  rule: SyncRule,
  severity: RuleProblem['severity'],
  path: RuleProblem['path'],
  message: string,
): RuleProblem {
  return {
    severity,
    code: 'LS5004',
    message,
    suggestion: undefined,
    rule: { id: rule.id, name: rule.name },
    path,
    place: undefined,
  };
}
