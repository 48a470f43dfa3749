import {
  nothingImported,
  type ImportedClause,
  type ImportedConfiguration,
  type ImportedFlow,
  type ImportedJoin,
  type ImportedRule,
  type ImportProblem,
} from './imported.ts';
import { PowerShellProblem, tokenizePowerShell, type PowerShellToken } from './powershell-tokens.ts';
import { guidOf } from './read-xml.ts';

/** A value of a parameter: a text, a list, or what a variable holds. */
type Argument =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Argument[] }
  | { readonly kind: 'variable'; readonly name: string };

interface Statement {
  readonly command: string;
  readonly line: number;
  /** By name in lower case; `true` for a switch. */
  readonly parameters: ReadonlyMap<string, Argument | true>;
}

/**
 * Reads the script that the rules editor exports: `New-ADSyncRule`, then flows, scope and join groups, then
 * `Add-ADSyncRule`. It is taken apart and never run; a statement that is not one of these is a problem of its own.
 */
export function readPowerShell(file: string, script: string): ImportedConfiguration {
  const at = (line: number): ImportedRule['place'] => ({ file, line, column: 1 });
  let tokens: readonly PowerShellToken[];
  try {
    tokens = tokenizePowerShell(script);
  } catch (error) {
    if (!(error instanceof PowerShellProblem)) throw error;
    return { ...nothingImported, problems: [{ place: at(error.line), message: error.message }] };
  }
  const reader = new ScriptReader(at);
  for (const statement of statements(tokens)) reader.take(statement);
  return reader.result();
}

/** Lists of tokens up to the end of a line that nothing continues. */
function* statements(tokens: readonly PowerShellToken[]): Generator<readonly PowerShellToken[]> {
  let current: PowerShellToken[] = [];
  for (const token of tokens) {
    if (token.kind !== 'end') current.push(token);
    else if (current.length > 0) {
      yield current;
      current = [];
    }
  }
}

interface Building {
  readonly head: Statement;
  readonly scope: ImportedClause[][];
  readonly join: ImportedJoin[][];
  readonly flows: ImportedFlow[];
}

class ScriptReader {
  readonly #rules: ImportedRule[] = [];
  readonly #problems: ImportProblem[] = [];
  readonly #conditions = new Map<string, readonly string[]>();
  readonly #values = new Map<string, string>();
  readonly #at: (line: number) => ImportedRule['place'];
  #building: Building | undefined;

  constructor(at: (line: number) => ImportedRule['place']) {
    this.#at = at;
  }

  result(): ImportedConfiguration {
    this.#finish();
    return { ...nothingImported, rules: this.#rules, problems: this.#problems };
  }

  take(tokens: readonly PowerShellToken[]): void {
    const line = tokens[0]?.line ?? 1;
    if (this.#takeAssignment(tokens)) return;
    let statement: Statement;
    try {
      statement = parseStatement(tokens);
    } catch (error) {
      if (!(error instanceof PowerShellProblem)) throw error;
      this.#problem(error.line, error.message);
      return;
    }
    switch (statement.command.toLowerCase()) {
      case 'new-adsyncrule':
        this.#finish();
        this.#building = { head: statement, scope: [], join: [], flows: [] };
        return;
      case 'add-adsyncattributeflowmapping':
        this.#flow(statement);
        return;
      case 'new-object':
        this.#condition(statement);
        return;
      case 'add-adsyncscopeconditiongroup':
        this.#scope(statement);
        return;
      case 'add-adsyncjoinconditiongroup':
        this.#join(statement);
        return;
      case 'add-adsyncrule':
        this.#finish();
        return;
      case 'get-adsyncrule':
      case 'import-module':
      case 'disable-localadsyncrule':
        return;
      default:
        this.#problem(line, `"${statement.command}" is not a part of an exported rule; the statement was passed over.`);
    }
  }

  /** `[int] $precedence = 88`: the one kind of assignment that published scripts use. */
  #takeAssignment(tokens: readonly PowerShellToken[]): boolean {
    const [name, equals, value, ...rest] = tokens.filter(({ kind }, i) => !(i === 0 && kind === 'sign'));
    if (name?.kind !== 'variable' || equals?.kind !== 'sign' || equals.sign !== '=') return false;
    if (value?.kind === 'text' && rest.length === 0) this.#values.set(name.name.toLowerCase(), value.value);
    else if (value?.kind === 'word' && rest.length === 0 && /^[\w.-]+$/.test(value.text))
      this.#values.set(name.name.toLowerCase(), value.text);
    else this.#problem(name.line, `The value of $${name.name} is not read: scripts are never run.`);
    return true;
  }

  #flow(statement: Statement): void {
    const building = this.#rule(statement);
    if (building === undefined) return;
    const kind = this.#text(statement, 'flowtype').toLowerCase();
    const expression = this.#text(statement, 'expression');
    const [source = ''] = this.#list(statement, 'source');
    const constant = this.#text(statement, 'constantvalue');
    const target = this.#text(statement, 'destination');
    if (target === '' || !['direct', 'constant', 'expression'].includes(kind)) {
      this.#problem(
        statement.line,
        'The flow has no destination, or none of the flow types Direct, Constant, Expression.',
      );
      return;
    }
    building.flows.push({
      target,
      kind: kind as ImportedFlow['kind'],
      // The sources of an expression are a stale copy of what it reads.
      text: kind === 'expression' ? expression : kind === 'constant' && constant !== '' ? constant : source,
      applyOnce: statement.parameters.has('executeonce'),
      merge: this.#text(statement, 'valuemergetype'),
    });
  }

  #condition(statement: Statement): void {
    const variable = this.#text(statement, 'outvariable').toLowerCase();
    const list = this.#list(statement, 'argumentlist');
    if (variable === '' || !/(Scope|Join)Condition$/.test(this.#text(statement, 'typename'))) {
      this.#problem(
        statement.line,
        'Only conditions of scopes and joins are made with New-Object in an exported rule.',
      );
    } else this.#conditions.set(variable, list);
  }

  #scope(statement: Statement): void {
    const group = this.#group(statement, 'scopeconditions').map(([attribute = '', value = '', operator = '']) => ({
      attribute,
      value,
      operator,
    }));
    this.#rule(statement)?.scope.push(group);
  }

  #join(statement: Statement): void {
    const group = this.#group(statement, 'joinconditions').map(
      ([connectorSpace = '', metaverse = '', caseSensitive = '']) => ({
        connectorSpace,
        metaverse,
        caseSensitive: /^true$/i.test(caseSensitive),
      }),
    );
    this.#rule(statement)?.join.push(group);
  }

  /** The conditions that the variables of a group hold. */
  #group(statement: Statement, parameter: string): readonly (readonly string[])[] {
    const given = statement.parameters.get(parameter);
    const items = given === undefined || given === true ? [] : given.kind === 'list' ? given.items : [given];
    return items.flatMap((item) => {
      const found = item.kind === 'variable' ? this.#conditions.get(item.name.toLowerCase()) : undefined;
      if (found === undefined) this.#problem(statement.line, 'A group names a condition that was not made before.');
      return found === undefined ? [] : [found];
    });
  }

  #rule(statement: Statement): Building | undefined {
    if (this.#building === undefined)
      this.#problem(statement.line, `${statement.command} belongs to no rule: no New-ADSyncRule stands before it.`);
    return this.#building;
  }

  #finish(): void {
    const building = this.#building;
    this.#building = undefined;
    if (building === undefined) return;
    const { head, scope, join, flows } = building;
    const name = this.#text(head, 'name');
    const precedence = Number(this.#text(head, 'precedence') || NaN);
    if (name === '' || !Number.isInteger(precedence)) {
      this.#problem(head.line, `The rule "${name}" has no name or no precedence that is a number.`);
      return;
    }
    this.#rules.push({
      place: this.#at(head.line),
      identifier: guidOf(this.#text(head, 'identifier')) || name,
      name,
      description: this.#text(head, 'description'),
      tag: this.#text(head, 'immutabletag'),
      direction: this.#text(head, 'direction'),
      connector: guidOf(this.#text(head, 'connector')),
      sourceType: this.#text(head, 'sourceobjecttype'),
      targetType: this.#text(head, 'targetobjecttype'),
      linkType: this.#text(head, 'linktype'),
      precedence,
      disabled: head.parameters.has('disabled'),
      passwordSync: head.parameters.has('enablepasswordsync'),
      softDeleteExpiry: this.#text(head, 'softdeleteexpiryinterval'),
      scope,
      join,
      flows,
    });
  }

  #text(statement: Statement, parameter: string): string {
    return this.#list(statement, parameter)[0] ?? '';
  }

  #list(statement: Statement, parameter: string): readonly string[] {
    const given = statement.parameters.get(parameter);
    return given === undefined || given === true ? [] : this.#texts(given);
  }

  #texts(argument: Argument): readonly string[] {
    switch (argument.kind) {
      case 'text':
        return [argument.text];
      case 'list':
        return argument.items.flatMap((item) => this.#texts(item));
      case 'variable': {
        const name = argument.name.toLowerCase();
        if (name === 'true' || name === 'false') return [name];
        const value = this.#values.get(name);
        return value === undefined ? [] : [value];
      }
    }
  }

  #problem(line: number, message: string): void {
    this.#problems.push({ place: this.#at(line), message });
  }
}

function parseStatement(tokens: readonly PowerShellToken[]): Statement {
  // What a pipe hands on (`| Out-Null`, `| Add-ADSyncRule`) adds nothing to what the statement says.
  const end = tokens.findIndex((token) => token.kind === 'sign' && token.sign === '|');
  const own = end < 0 ? tokens : tokens.slice(0, end);
  const [command, ...rest] = own;
  if (command?.kind !== 'word') throw new PowerShellProblem('A command is expected here.', command?.line ?? 1);
  const parameters = new Map<string, Argument | true>();
  for (let i = 0; i < rest.length;) {
    const token = rest[i];
    if (token?.kind !== 'parameter')
      throw new PowerShellProblem('A parameter is expected here.', token?.line ?? command.line);
    const values: Argument[] = [];
    i += 1;
    for (;;) {
      const taken = takeValue(rest, i);
      if (taken === undefined) break;
      values.push(taken.value);
      i = taken.next;
      const comma = rest[i];
      if (comma?.kind !== 'sign' || comma.sign !== ',') break;
      i += 1;
    }
    const [only] = values;
    parameters.set(
      token.name.toLowerCase(),
      only === undefined ? true : values.length === 1 ? only : { kind: 'list', items: values },
    );
  }
  return { command: command.text, line: command.line, parameters };
}

function takeValue(
  tokens: readonly PowerShellToken[],
  at: number,
): { readonly value: Argument; readonly next: number } | undefined {
  const token = tokens[at];
  switch (token?.kind) {
    case 'text':
      return { value: { kind: 'text', text: token.value }, next: at + 1 };
    case 'word':
      return { value: { kind: 'text', text: token.text }, next: at + 1 };
    case 'variable':
      return { value: { kind: 'variable', name: token.name }, next: at + 1 };
    case 'sign': {
      if (!token.sign.endsWith('(')) return undefined;
      const items: Argument[] = [];
      let next = at + 1;
      for (;;) {
        const inner = tokens[next];
        if (inner === undefined) throw new PowerShellProblem('The list that begins here does not end.', token.line);
        if (inner.kind === 'sign' && inner.sign === ')') return { value: { kind: 'list', items }, next: next + 1 };
        if (inner.kind === 'sign' && inner.sign === ',') {
          next += 1;
          continue;
        }
        const item = takeValue(tokens, next);
        if (item === undefined) throw new PowerShellProblem('A value is expected in the list.', inner.line);
        items.push(item.value);
        next = item.next;
      }
    }
    default:
      return undefined;
  }
}
