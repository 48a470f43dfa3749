import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { nearest } from '../nearest.ts';
import { pathText, type FilePlace, type Path, type RuleProblem } from '../problem.ts';
import {
  authoredClause,
  authoredFile,
  authoredFlow,
  authoredJoin,
  authoredRule,
  disabledRule,
  fileKeys,
  isRuleValue,
  ruleKeys,
  type AuthoredFile,
  type AuthoredRule,
  type DisabledRule,
} from './authored.ts';

/** A file of rules, read: what it says, where each value stands, and what is wrong with its form. */
export interface ParsedFile {
  readonly file: string;
  /** `undefined` when there is nothing to read. */
  readonly content: AuthoredFile | undefined;
  readonly problems: readonly RuleProblem[];
  /** Ids of rules of which parts are missing because their form is wrong. */
  readonly salvaged: ReadonlySet<string>;
  place(path: Path): FilePlace;
}

/** Reads YAML, of which JSON is a part. */
export function parseRulesText(file: string, text: string): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: 'error',
  });
  const placeAt = (offset: number): FilePlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => problem(error.message, [], placeAt(error.pos[0])));
    return { file, content: undefined, problems, salvaged: new Set(), place: () => placeAt(0) };
  }
  let content: unknown;
  try {
    // Anchors that multiply (`&a [*a, *a]`) are a way to fill the memory.
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return unreadable(file, message, placeAt(0));
  }
  return check(file, content ?? {}, (path) => placeAt(offsetOf(document, path)));
}

/** A file of which nothing can be read. */
export function unreadable(file: string, message: string, place: FilePlace): ParsedFile {
  return { file, content: undefined, problems: [problem(message, [], place)], salvaged: new Set(), place: () => place };
}

/** Takes what a TypeScript file exports. */
export function takeRulesValue(file: string, value: unknown): ParsedFile {
  return check(file, value, () => ({ file, line: undefined, column: undefined }));
}

function check(file: string, content: unknown, place: (path: Path) => FilePlace): ParsedFile {
  if (content === null || typeof content !== 'object' || Array.isArray(content)) {
    const problems = [problem('A file of rules is a mapping of names to values.', [], place([]))];
    return { file, content: undefined, problems, salvaged: new Set(), place };
  }
  const { rules: written, ...head } = content as Record<string, unknown>;
  const problems: RuleProblem[] = [];
  const report = (issues: readonly Issue[], prefix: Path): void => {
    problems.push(...issues.flatMap((issue) => issueProblems(issue, content, place, prefix)));
  };
  const parsedHead = authoredFile.safeParse(head);
  if (!parsedHead.success) report(parsedHead.error.issues, []);
  if (written !== undefined && !Array.isArray(written))
    problems.push(problem('rules is a list.', ['rules'], place(['rules'])));
  const rules: (AuthoredRule | DisabledRule)[] = [];
  const salvaged = new Set<string>();
  // One by one, so that what is wrong with one does not hide what is wrong with another.
  (Array.isArray(written) ? (written as readonly unknown[]) : []).forEach((rule, i) => {
    const schema = isSwitchedOff(rule) ? disabledRule : authoredRule;
    const parsed = schema.safeParse(rule);
    if (!parsed.success) report(parsed.error.issues, ['rules', i]);
    const kept = parsed.success ? parsed.data : salvage(rule);
    if (kept === undefined) return;
    if (!parsed.success) salvaged.add(kept.id);
    rules.push(kept);
    problems.push(...formProblems(kept, (path) => place(['rules', i, ...path])));
  });
  return { file, content: { ...(parsedHead.success ? parsedHead.data : {}), rules }, problems, salvaged, place };
}

/** A rule is either whole, or switches a built-in one off; what is meant shows in whether it has more than that. */
function isSwitchedOff(rule: unknown): boolean {
  if (rule === null || typeof rule !== 'object') return false;
  return Object.keys(rule).every((key) => key === 'id' || key === 'disabled');
}

/**
 * What can be looked at of a rule whose form is wrong, so that every mistake is said at once. Never for use: there is an
 * error already.
 */
function salvage(rule: unknown): AuthoredRule | undefined {
  const partsOf = (key: string): readonly unknown[] => {
    const value = valueAt(rule, [key]);
    return Array.isArray(value) ? (value as readonly unknown[]) : [];
  };
  const groupsOf = <T>(key: string, keep: (part: unknown) => readonly T[]): readonly (readonly T[])[] =>
    partsOf(key)
      .map((group) => (Array.isArray(group) ? (group as readonly unknown[]) : []).flatMap(keep))
      .filter((group) => group.length > 0);
  const known = Object.entries(rule ?? {}).filter(([key, value]) => isRuleValue(key, value));
  const kept = authoredRule.safeParse({
    name: valueAt(rule, ['id']),
    linkType: 'Join',
    precedence: 0,
    ...Object.fromEntries(known),
    scope: groupsOf('scope', (part) => {
      if (authoredClause.safeParse(part).success) return [part];
      const attribute = valueAt(part, ['attribute']);
      return typeof attribute === 'string' ? [{ attribute, operator: 'ISNOTNULL' }] : [];
    }),
    join: groupsOf('join', (part) => (authoredJoin.safeParse(part).success ? [part] : [])),
    flows: partsOf('flows').filter((part) => authoredFlow.safeParse(part).success),
  });
  return kept.success ? kept.data : undefined;
}

/** What the schema's types cannot say. */
function formProblems(rule: AuthoredRule | DisabledRule, place: (path: Path) => FilePlace): readonly RuleProblem[] {
  if (!('name' in rule)) return [];
  const own = { id: rule.id, name: rule.name };
  const flows = (rule.flows ?? []).flatMap((flow, i): RuleProblem[] => {
    const path = ['flows', i];
    const given = ['source', 'constant', 'expression'].filter((key) => key in flow);
    if (given.length !== 1) {
      const has = given.length === 0 ? 'none of them' : given.join(' and ');
      const message = `A flow has exactly one of source, constant and expression; this has ${has}.`;
      return [problem(message, path, place(path), { rule: own })];
    }
    if (flow.dialect === undefined || flow.expression !== undefined) return [];
    return [problem('Only an expression has a dialect.', [...path, 'dialect'], place(path), { rule: own })];
  });
  const clauses = (rule.scope ?? []).flatMap((group, i) =>
    group.flatMap((clause, j): RuleProblem[] => {
      const bare = clause.operator === 'ISNULL' || clause.operator === 'ISNOTNULL';
      const empty = clause.value === undefined || (bare && clause.value === '');
      if (bare === empty) return [];
      const path = ['scope', i, j];
      const message = bare ? `${clause.operator} takes no value.` : `${clause.operator} needs a value.`;
      return [problem(message, path, place(path), { rule: own })];
    }),
  );
  return [...clauses, ...flows];
}

type Issue = z.core.$ZodIssue;

function issueProblems(
  issue: Issue,
  content: unknown,
  place: (path: Path) => FilePlace,
  prefix: Path,
): readonly RuleProblem[] {
  const path: Path = [...prefix, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  const rule = ruleAt(content, path);
  const within = rule === undefined ? path : path.slice(2);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = nearest(key, knownKeys(path));
      const at = [...path, key];
      return problem(`There is no "${key}" here.`, [...within, key], place(at), {
        rule,
        suggestion: meant === undefined ? undefined : `Did you mean "${meant}"?`,
      });
    });
  }
  if (issue.code === 'invalid_value') {
    const value = valueAt(content, path);
    const texts = issue.values.map(String);
    const meant = typeof value === 'string' ? nearest(value, texts) : undefined;
    return [
      problem(`${pathText(within)} is ${show(value)}; it may be ${texts.join(', ')}.`, within, place(path), {
        rule,
        suggestion: meant === undefined ? undefined : `Did you mean "${meant}"?`,
      }),
    ];
  }
  const where = within.length === 0 ? 'The file' : pathText(within);
  const missing = valueAt(content, path) === undefined;
  const message = missing ? `${where} is missing.` : `${where}: ${issue.message}.`;
  return [problem(message, within, place(missing ? path.slice(0, -1) : path), { rule })];
}

const otherKeys: Readonly<Record<string, readonly string[]>> = {
  scope: ['attribute', 'operator', 'value'],
  join: ['connectorSpace', 'metaverse', 'caseSensitive'],
  flows: ['target', 'source', 'constant', 'expression', 'dialect', 'applyOnce', 'merge'],
  connector: ['kind', 'name'],
  connectors: ['name', 'kind', 'parameters'],
  attributes: ['space', 'name', 'type', 'multiValued'],
  builtIn: ['userMatching', 'groupMemberLimit', 'directoryExtensions'],
};

/** Names that may stand at a path. */
function knownKeys(path: Path): readonly string[] {
  if (path.length === 0) return fileKeys;
  if (path[0] === 'rules') return path.length === 2 ? ruleKeys : (otherKeys[String(path[2])] ?? []);
  return otherKeys[String(path[0])] ?? [];
}

function ruleAt(content: unknown, path: Path): RuleProblem['rule'] {
  if (path[0] !== 'rules' || typeof path[1] !== 'number') return undefined;
  const rule = valueAt(content, path.slice(0, 2));
  const text = (key: string): string => {
    const value = valueAt(rule, [key]);
    return typeof value === 'string' ? value : '';
  };
  return { id: text('id'), name: text('name') };
}

function valueAt(content: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      value !== null && typeof value === 'object' ? (value as Record<string | number, unknown>)[step] : undefined,
    content,
  );
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

/** Of the value at the path, or of the nearest thing around it that is there. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = (node as { range?: readonly number[] } | undefined)?.range;
    if (range?.[0] !== undefined) return range[0];
  }
  return 0;
}

export function problem(
  message: string,
  path: Path,
  place: FilePlace | undefined,
  more: Partial<Pick<RuleProblem, 'rule' | 'suggestion' | 'code' | 'severity'>> = {},
): RuleProblem {
  return {
    severity: 'error',
    code: 'LS5001',
    suggestion: undefined,
    rule: undefined,
    ...more,
    message,
    path,
    place,
  };
}
