import { knownParameters } from '../../engine/parameters.ts';
import { constantOf, withCustomAttributes } from '../../engine/program.ts';
import { isLockstepError } from '../../errors/lockstep-error.ts';
import { compileExpression } from '../expressions/compile.ts';
import type { AttributeFlow, ConnectorKind, RuleSet, SyncRule } from '../model.ts';
import { nearest } from '../nearest.ts';
import type { Path, RuleProblem } from '../problem.ts';
import type { AttributeSchema, RuleSchemas, SchemaAttribute } from '../schema.ts';
import { contradictions } from './contradictions.ts';

/** Object types of the connector spaces and of the metaverse that rules can join. */
export const objectTypes: Readonly<Record<ConnectorKind | 'metaverse', readonly string[]>> = {
  activeDirectory: ['user', 'inetOrgPerson', 'group', 'contact', 'computer', 'foreignSecurityPrincipal'],
  entra: ['user', 'group', 'contact', 'device'],
  metaverse: ['person', 'group', 'device'],
};

/**
 * Every mistake in a rule set that can be told without an object, all at once. Problems have no place in a file yet.
 * Disabled rules are looked at too: somebody will switch them on.
 */
export function validateRules(ruleSet: RuleSet, builtIn: RuleSchemas): readonly RuleProblem[] {
  const schemas = withCustomAttributes(builtIn, ruleSet);
  return [
    ...ruleSet.rules.flatMap((rule) => validateRule(rule, ruleSet, schemas)),
    ...contradictions(ruleSet.rules.filter((rule) => !rule.disabled)),
    ...unfilledAttributes(ruleSet),
  ];
}

interface RuleSpaces {
  readonly rule: SyncRule;
  /** What the rule reads, and what it writes. */
  readonly source: AttributeSchema;
  readonly target: AttributeSchema;
  readonly connectorSpace: AttributeSchema;
  readonly metaverse: AttributeSchema;
  readonly parameters: ReadonlySet<string>;
}

function validateRule(rule: SyncRule, ruleSet: RuleSet, schemas: RuleSchemas): readonly RuleProblem[] {
  const connectorSpace = rule.connector.kind === 'entra' ? schemas.entra : schemas.activeDirectory;
  const inbound = rule.direction === 'inbound';
  const connectors = ruleSet.connectors.filter(({ kind }) => kind === rule.connector.kind);
  const spaces: RuleSpaces = {
    rule,
    source: inbound ? connectorSpace : schemas.metaverse,
    target: inbound ? schemas.metaverse : connectorSpace,
    connectorSpace,
    metaverse: schemas.metaverse,
    parameters: new Set(
      inbound ? [...knownParameters, ...connectors.flatMap(({ parameters }) => Object.keys(parameters))] : [],
    ),
  };
  return [
    ...validateHead(rule, ruleSet),
    ...rule.scope.flatMap((group, i) => group.flatMap((_, j) => validateClause(spaces, i, j))),
    ...rule.join.flatMap((group, i) => group.flatMap((_, j) => validateJoin(spaces, i, j))),
    ...rule.flows.flatMap((flow, i) => validateFlow(spaces, flow, i)),
  ];
}

function validateHead(rule: SyncRule, ruleSet: RuleSet): readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  const { connector, direction } = rule;
  const declared = ruleSet.connectors.filter(({ kind }) => kind === connector.kind).map(({ name }) => name);
  if (connector.name !== null && !declared.includes(connector.name)) {
    problems.push(
      error(
        rule,
        'LS5001',
        ['connector'],
        `There is no connector "${connector.name}" of this kind.`,
        didYouMean(connector.name, declared),
      ),
    );
  }
  if (direction === 'outbound' && connector.kind === 'activeDirectory') {
    problems.push(
      error(rule, 'LS5001', ['connector'], 'Nothing is written back to a directory; outbound rules lead to Entra.'),
    );
  }
  const inbound = direction === 'inbound';
  const types = [
    { key: 'sourceType', name: rule.sourceType, allowed: objectTypes[inbound ? connector.kind : 'metaverse'] },
    { key: 'targetType', name: rule.targetType, allowed: objectTypes[inbound ? 'metaverse' : connector.kind] },
  ];
  for (const { key, name, allowed } of types) {
    if (allowed.includes(name)) continue;
    if (name === '*' && key === 'targetType' && inbound && rule.linkType !== 'Provision') continue;
    const message = `"${name}" is no object type here; there are ${allowed.join(', ')}.`;
    problems.push(error(rule, 'LS5001', [key], message, didYouMean(name, allowed)));
  }
  if (rule.linkType === 'JoinNoFlow' && inbound) {
    problems.push(
      error(rule, 'LS5001', ['linkType'], 'JoinNoFlow is for outbound rules: it keeps an object of Entra as it is.'),
    );
  }
  if (rule.passwordSync && (!inbound || connector.kind !== 'activeDirectory')) {
    problems.push(
      error(
        rule,
        'LS5001',
        ['passwordSync'],
        'Passwords come from a directory, so only its inbound rules have them flow.',
      ),
    );
  }
  return problems;
}

function validateClause({ rule, source }: RuleSpaces, i: number, j: number): readonly RuleProblem[] {
  const clause = rule.scope[i]?.[j];
  if (clause === undefined) return [];
  const path = ['scope', i, j];
  const { operator, value } = clause;
  const attribute = source.get(clause.attribute);
  if (attribute === undefined) return [unknownAttribute(rule, [...path, 'attribute'], clause.attribute, source)];
  const problems: RuleProblem[] = [];
  const wrong = (message: string): void => {
    problems.push(error(rule, 'LS5001', [...path, 'value'], message));
  };
  const isNumber = /^-?\d+$/.test(value.trim());
  if (operator.startsWith('ISBIT') && (!isNumber || attribute.type !== 'number')) {
    wrong(
      attribute.type === 'number'
        ? `${operator} takes a number as its mask, not "${value}".`
        : `${operator} tests numbers, and ${attribute.name} is a ${attribute.type}.`,
    );
  } else if (/^(LESS|GREATER)THAN/.test(operator) && attribute.type === 'number' && !isNumber) {
    wrong(`${attribute.name} is a number, and "${value}" is none.`);
  } else if (operator.endsWith('MEMBEROF') && !/^[A-Za-z][\w-]*=.+,.*[A-Za-z]+=/.test(value)) {
    wrong(`${operator} takes the distinguished name of a group, not "${value}".`);
  } else if (
    (operator === 'EQUAL' || operator === 'NOTEQUAL') &&
    attribute.type === 'boolean' &&
    !/^(true|false)$/i.test(value)
  ) {
    wrong(`${attribute.name} is true or false, and "${value}" is neither.`);
  } else if ((operator === 'EQUAL' || operator === 'NOTEQUAL') && attribute.type === 'number' && !isNumber) {
    wrong(`${attribute.name} is a number, and "${value}" is none.`);
  }
  return problems;
}

function validateJoin({ rule, connectorSpace, metaverse }: RuleSpaces, i: number, j: number): readonly RuleProblem[] {
  const clause = rule.join[i]?.[j];
  if (clause === undefined) return [];
  const path = ['join', i, j];
  const left = connectorSpace.get(clause.connectorSpace);
  const right = metaverse.get(clause.metaverse);
  const problems: RuleProblem[] = [];
  if (left === undefined) {
    problems.push(unknownAttribute(rule, [...path, 'connectorSpace'], clause.connectorSpace, connectorSpace));
  }
  if (right === undefined) problems.push(unknownAttribute(rule, [...path, 'metaverse'], clause.metaverse, metaverse));
  if (left !== undefined && right !== undefined && left.type !== right.type) {
    const message = `A ${left.type} (${left.name}) never equals a ${right.type} (${right.name}).`;
    problems.push(error(rule, 'LS5001', path, message));
  }
  return problems;
}

function validateFlow(spaces: RuleSpaces, flow: AttributeFlow, i: number): readonly RuleProblem[] {
  const { rule, source, target } = spaces;
  const path = ['flows', i];
  const to = target.get(flow.target);
  if (to === undefined) return [unknownAttribute(rule, [...path, 'target'], flow.target, target)];
  if (flow.merge !== 'Update' && flow.merge !== 'Replace' && !to.multiValued) {
    return [error(rule, 'LS5001', [...path, 'merge'], `${to.name} has one value only, so there is nothing to merge.`)];
  }
  switch (flow.kind) {
    case 'direct':
      return validateDirect(spaces, to, flow.source, [...path, 'source']);
    case 'constant':
      return validateConstant(rule, to, flow.value, [...path, 'constant']);
    case 'expression': {
      const at = [...path, 'expression'];
      const inbound = rule.direction === 'inbound';
      const compilation = compileExpression(flow.text, {
        dialect: flow.dialect,
        source,
        target: inbound ? source : target,
        parameters: spaces.parameters,
      });
      if (!compilation.ok) {
        return compilation.problems.map((one) => {
          const code = one.kind === 'unknown-attribute' ? 'LS5002' : 'LS5003';
          return error(rule, code, at, `${one.message} (${placeText(flow.text, one.position)})`, one.suggestion);
        });
      }
      const warnings = compilation.warnings.map((one) =>
        warning(rule, 'LS5003', at, `${one.message} (${placeText(flow.text, one.position)})`),
      );
      const { type } = compilation.expression;
      return [...warnings, ...resultProblems(rule, to, type, at), ...filterProblems(rule, to, flow.text, at)];
    }
  }
}

function validateDirect(
  { rule, source }: RuleSpaces,
  to: SchemaAttribute,
  name: string,
  path: Path,
): readonly RuleProblem[] {
  const from = source.get(name);
  if (from === undefined) return [unknownAttribute(rule, path, name, source)];
  return resultProblems(rule, to, from, path);
}

function validateConstant(rule: SyncRule, to: SchemaAttribute, value: string, path: Path): readonly RuleProblem[] {
  try {
    constantOf(rule, value, to);
  } catch (thrown) {
    if (!isLockstepError(thrown)) throw thrown;
    return [error(rule, 'LS5003', path, thrown.message)];
  }
  return filterProblems(rule, to, value, path);
}

/** What a flow gives must be able to stand in its target. */
function resultProblems(
  rule: SyncRule,
  to: SchemaAttribute,
  from: { readonly type: SchemaAttribute['type'] | 'dateTime' | undefined; readonly multiValued: boolean | undefined },
  path: Path,
): readonly RuleProblem[] {
  if (from.type === 'dateTime') {
    return [error(rule, 'LS5003', path, `${to.name} cannot hold a date; FormatDateTime makes a text of one.`)];
  }
  if (from.type !== undefined && from.type !== to.type) {
    return [error(rule, 'LS5003', path, `${to.name} takes a ${to.type}, and this gives a ${from.type}.`)];
  }
  if (from.multiValued === true && !to.multiValued) {
    return [
      warning(
        rule,
        'LS5003',
        path,
        `This may give several values, and ${to.name} has one only: an object with several will fail.`,
      ),
    ];
  }
  return [];
}

/** False is a value and wins over True of a lower precedence: it keeps an object in scope on purpose, or by mistake. */
function filterProblems(rule: SyncRule, to: SchemaAttribute, text: string, path: Path): readonly RuleProblem[] {
  if (to.name !== 'cloudFiltered' || rule.direction !== 'inbound' || !/\bFalse\b/i.test(text)) return [];
  const constant = /^false$/i.test(text.trim());
  if (constant) return [];
  return /,\s*False\s*\)\s*$/.test(text)
    ? [
        warning(
          rule,
          'LS5003',
          path,
          'False keeps rules of lower precedence from filtering the object; NULL leaves it to them.',
        ),
      ]
    : [];
}

/** Attributes of the metaverse that outbound rules read and that no inbound rule fills. */
function unfilledAttributes({ rules }: RuleSet): readonly RuleProblem[] {
  const enabled = rules.filter((rule) => !rule.disabled);
  const filled = new Set(
    enabled
      .filter(({ direction }) => direction === 'inbound')
      .flatMap(({ flows }) => flows.map(({ target }) => target)),
  );
  return enabled
    .filter(({ direction }) => direction === 'outbound')
    .flatMap((rule) =>
      rule.flows.flatMap((flow, i) =>
        flow.kind === 'direct' && !filled.has(flow.source)
          ? [warning(rule, 'LS5002', ['flows', i, 'source'], `No inbound rule fills ${flow.source}.`)]
          : [],
      ),
    );
}

function placeText(text: string, { line, column }: { readonly line: number; readonly column: number }): string {
  return text.includes('\n')
    ? `line ${line}, column ${column} of the expression`
    : `column ${column} of the expression`;
}

function unknownAttribute(rule: SyncRule, path: Path, name: string, schema: AttributeSchema): RuleProblem {
  return error(rule, 'LS5002', path, `There is no attribute "${name}" here.`, didYouMean(name, schema.keys()));
}

function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const meant = nearest(name, candidates);
  if (meant === undefined) return undefined;
  const caseOnly = meant.toLowerCase() === name.toLowerCase();
  return `Did you mean "${meant}"?${caseOnly ? ' Upper and lower case count.' : ''}`;
}

function error(
  rule: SyncRule,
  code: RuleProblem['code'],
  path: Path,
  message: string,
  suggestion?: string,
): RuleProblem {
  return {
    severity: 'error',
    code,
    message,
    suggestion,
    rule: { id: rule.id, name: rule.name },
    path,
    place: undefined,
  };
}

function warning(rule: SyncRule, code: RuleProblem['code'], path: Path, message: string): RuleProblem {
  return { ...error(rule, code, path, message), severity: 'warning' };
}
