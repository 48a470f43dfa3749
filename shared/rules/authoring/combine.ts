import { isLockstepError } from '../../errors/lockstep-error.ts';
import { builtInRules, type BuiltInOptions } from '../built-in/built-in.ts';
import type { AttributeFlow, ConnectorSelector, RuleSet, ScopeClause, SyncRule } from '../model.ts';
import { nearest } from '../nearest.ts';
import type { FilePlace, Path, RuleProblem } from '../problem.ts';
import type { AuthoredFile, AuthoredRule } from './authored.ts';
import { problem, type ParsedFile } from './parse-file.ts';

/** One rule set made of files, and where each of its rules was written. */
export interface CombinedRules {
  readonly ruleSet: RuleSet;
  readonly problems: readonly RuleProblem[];
  /** Place of a value of a rule; `undefined` for a built-in rule. */
  place(ruleId: string, path: Path): FilePlace | undefined;
}

/** Puts files together on the base that they name. Files come in any order. */
export function combine(files: readonly ParsedFile[]): CombinedRules {
  const problems: RuleProblem[] = files.flatMap((file) => file.problems);
  const head = single(files, 'base', problems);
  const options = single(files, 'builtIn', problems);
  const name = single(files, 'name', problems);
  const application = single(files, 'extensionApplication', problems);
  const base = head?.value === 'none' ? undefined : builtInBase(options, problems);
  const rules = new Map<string, SyncRule>(base?.rules.map((rule) => [rule.id, rule]));
  const places = new Map<string, { readonly file: ParsedFile; readonly index: number }>();
  for (const file of files) {
    (file.content?.rules ?? []).forEach((rule, index) => {
      const at = file.place(['rules', index, 'id']);
      const before = places.get(rule.id);
      if (before !== undefined) {
        const { file: other, line } = before.file.place(['rules', before.index, 'id']);
        const where = `${other}${line === undefined ? '' : `:${line}`}`;
        problems.push(
          problem(`The id "${rule.id}" is used twice; it also stands in ${where}.`, ['id'], at, {
            code: 'LS5004',
            rule: named(rule),
          }),
        );
        return;
      }
      places.set(rule.id, { file, index });
      if ('name' in rule) {
        rules.set(rule.id, toRule(rule));
        return;
      }
      const builtIn = rules.get(rule.id);
      if (builtIn !== undefined) rules.set(rule.id, { ...builtIn, disabled: true });
      else {
        const meant = nearest(rule.id, rules.keys());
        problems.push(
          problem(`There is no built-in rule "${rule.id}" to switch off.`, ['id'], at, {
            code: 'LS5004',
            suggestion: meant === undefined ? undefined : `Did you mean "${meant}"?`,
          }),
        );
      }
    });
  }
  const contents = files.flatMap((file) => file.content ?? []);
  const ruleSet: RuleSet = {
    version: 1,
    name: name?.value ?? base?.name ?? 'Rules',
    connectors: contents
      .flatMap((content) => content.connectors ?? [])
      .map(({ name: connector, kind, parameters }) => ({ name: connector, kind, parameters: parameters ?? {} })),
    extensionApplication: application?.value.toLowerCase() ?? null,
    attributes: [
      ...(base?.attributes ?? []),
      ...contents
        .flatMap((content) => content.attributes ?? [])
        .map((attribute) => ({ ...attribute, multiValued: attribute.multiValued ?? false })),
    ],
    rules: [...rules.values()],
  };
  return {
    ruleSet,
    problems,
    place: (ruleId, path) => {
      const found = places.get(ruleId);
      return found?.file.place(['rules', found.index, ...path]);
    },
  };
}

/** A key that only one of the files may have. */
function single<K extends 'name' | 'base' | 'builtIn' | 'extensionApplication'>(
  files: readonly ParsedFile[],
  key: K,
  problems: RuleProblem[],
): { readonly value: NonNullable<AuthoredFile[K]>; readonly place: FilePlace } | undefined {
  const given = files.flatMap((file) => {
    const value = file.content?.[key];
    return value === undefined ? [] : [{ value, place: file.place([key]) }];
  });
  for (const { place } of given.slice(1)) {
    problems.push(
      problem(`"${key}" is said in ${given[0]?.place.file ?? ''} already.`, [key], place, { code: 'LS5004' }),
    );
  }
  return given[0];
}

function builtInBase(
  options: { readonly value: NonNullable<AuthoredFile['builtIn']>; readonly place: FilePlace } | undefined,
  problems: RuleProblem[],
): RuleSet {
  const given = options?.value;
  const wanted: BuiltInOptions = {
    ...(given?.userMatching === undefined ? {} : { userMatching: given.userMatching }),
    ...(given?.groupMemberLimit === undefined ? {} : { groupMemberLimit: given.groupMemberLimit }),
    ...(given?.directoryExtensions === undefined ? {} : { directoryExtensions: given.directoryExtensions }),
  };
  try {
    return builtInRules(wanted);
  } catch (error) {
    if (!isLockstepError(error) || error.code !== 'LS5002') throw error;
    problems.push(problem(error.message, ['builtIn'], options?.place, { code: 'LS5002' }));
    return builtInRules();
  }
}

function named(rule: { readonly id: string; readonly name?: string }): { readonly id: string; readonly name: string } {
  return { id: rule.id, name: rule.name ?? rule.id };
}

/** A rule as it was written, with its defaults. */
export function toRule(rule: AuthoredRule): SyncRule {
  return {
    id: rule.id,
    name: rule.name,
    description: rule.description,
    tag: rule.tag,
    direction: rule.direction,
    connector: toSelector(rule.connector),
    sourceType: rule.sourceType,
    targetType: rule.targetType,
    linkType: rule.linkType,
    precedence: rule.precedence,
    disabled: rule.disabled ?? false,
    passwordSync: rule.passwordSync ?? false,
    scope: (rule.scope ?? []).map((group) =>
      group.map((clause): ScopeClause => ({
        attribute: clause.attribute,
        operator: clause.operator === 'ISNOTBITSET' ? 'ISBITNOTSET' : clause.operator,
        value: clause.value ?? '',
      })),
    ),
    join: (rule.join ?? []).map((group) =>
      group.map((clause) => ({ ...clause, caseSensitive: clause.caseSensitive ?? false })),
    ),
    flows: (rule.flows ?? []).map(toFlow),
  };
}

function toSelector(connector: AuthoredRule['connector']): ConnectorSelector {
  return typeof connector === 'string'
    ? { kind: connector, name: null }
    : { kind: connector.kind, name: connector.name ?? null };
}

function toFlow(flow: NonNullable<AuthoredRule['flows']>[number]): AttributeFlow {
  const target = { target: flow.target, applyOnce: flow.applyOnce ?? false, merge: flow.merge ?? 'Update' };
  if (flow.source !== undefined) return { ...target, kind: 'direct', source: flow.source };
  if (flow.expression !== undefined) {
    return { ...target, kind: 'expression', dialect: flow.dialect ?? 'connect', text: flow.expression };
  }
  return { ...target, kind: 'constant', value: constantText(flow.constant) };
}

function constantText(constant: string | number | boolean | undefined): string {
  if (typeof constant === 'boolean') return constant ? 'True' : 'False';
  return String(constant ?? '');
}
