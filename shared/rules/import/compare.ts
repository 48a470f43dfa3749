import { print } from '../expressions/ast.ts';
import { parse } from '../expressions/parse.ts';
import { SyntaxProblem } from '../expressions/syntax-problem.ts';
import type { AttributeFlow, SyncRule } from '../model.ts';

/** How one flow of an imported rule differs from the built-in rule of the same kind. */
export interface FlowDifference {
  readonly target: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** What the built-in rule has; `undefined` where it has none. */
  readonly builtIn: string | undefined;
  readonly imported: string | undefined;
}

export interface RuleComparison {
  readonly builtIn: string;
  readonly identical: boolean;
  /** Parts other than flows that differ: `scope`, `join`, `link type`, … */
  readonly parts: readonly string[];
  readonly flows: readonly FlowDifference[];
}

/** The built-in rule that an imported one is a version of: of the same tag without its number, else of the same name. */
export function counterpartOf(rule: SyncRule, builtIn: readonly SyncRule[]): SyncRule | undefined {
  const family = familyOf(rule.tag);
  return (
    (family === undefined ? undefined : builtIn.find((one) => familyOf(one.tag) === family)) ??
    builtIn.find((one) => one.name === rule.name)
  );
}

/** `Microsoft.InfromADUserJoin.006` → `microsoft.infromaduserjoin`. */
export function familyOf(tag: string | undefined): string | undefined {
  return tag === undefined ? undefined : tag.replace(/\.\d+$/, '').toLowerCase();
}

/** Compares what rules do, not how they are spelled or ordered. */
export function compareRules(imported: SyncRule, builtIn: SyncRule): RuleComparison {
  const parts = [
    ...(imported.linkType === builtIn.linkType ? [] : ['link type']),
    ...(imported.sourceType === builtIn.sourceType && imported.targetType === builtIn.targetType
      ? []
      : ['object types']),
    ...(imported.disabled === builtIn.disabled ? [] : ['switched off']),
    ...(imported.passwordSync === builtIn.passwordSync ? [] : ['password synchronisation']),
    ...(sameGroups(imported.scope, builtIn.scope) ? [] : ['scope']),
    ...(JSON.stringify(imported.join) === JSON.stringify(builtIn.join) ? [] : ['join']),
  ];
  const flows = compareFlows(imported.flows, builtIn.flows);
  return { builtIn: builtIn.name, identical: parts.length === 0 && flows.length === 0, parts, flows };
}

function sameGroups(a: SyncRule['scope'], b: SyncRule['scope']): boolean {
  const text = (groups: SyncRule['scope']): string =>
    JSON.stringify(
      groups
        .map((group) =>
          group
            .map(({ attribute, operator, value }) => `${attribute} ${operator} ${value.toLowerCase()}`)
            .sort()
            .join(' and '),
        )
        .sort(),
    );
  return text(a) === text(b);
}

function compareFlows(
  imported: readonly AttributeFlow[],
  builtIn: readonly AttributeFlow[],
): readonly FlowDifference[] {
  const byTarget = (flows: readonly AttributeFlow[]): Map<string, string> =>
    new Map(
      [...Map.groupBy(flows, ({ target }) => target)].map(([target, own]) => [
        target,
        own.map(flowText).sort().join('; '),
      ]),
    );
  const [own, theirs] = [byTarget(imported), byTarget(builtIn)];
  return [...new Set([...own.keys(), ...theirs.keys()])].sort().flatMap((target): FlowDifference[] => {
    const [now, before] = [own.get(target), theirs.get(target)];
    if (now === before) return [];
    const kind = before === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    return [{ target, kind, builtIn: before, imported: now }];
  });
}

/** A flow in one spelling: expressions that mean the same are the same text. */
export function flowText(flow: AttributeFlow): string {
  const merge = flow.merge === 'Update' || flow.merge === 'Replace' ? '' : ` (${flow.merge})`;
  const once = flow.applyOnce ? ' (once)' : '';
  switch (flow.kind) {
    case 'direct':
      return `[${flow.source}]${merge}${once}`;
    case 'constant':
      return `${JSON.stringify(flow.value)}${merge}${once}`;
    case 'expression':
      return `${canonical(flow.text, flow.dialect)}${merge}${once}`;
  }
}

function canonical(text: string, dialect: 'connect' | 'provisioning'): string {
  try {
    return print(parse(text, dialect));
  } catch (error) {
    if (error instanceof SyntaxProblem) return text.trim();
    throw error;
  }
}
