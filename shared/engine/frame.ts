import { ExpressionError } from '../rules/expressions/expression.ts';
import type { Instant, Value } from '../rules/value.ts';
import type { EngineEnvironment } from './environment.ts';
import { parameterOf } from './parameters.ts';
import type { CompiledRule, Program, SourceProgram } from './program.ts';
import type { ScopeSource } from './scope-filter.ts';
import type { FlowSource } from './resolve.ts';
import type { LinkSource, ObjectReference, SpaceObject } from './space-object.ts';
import { scalarsOf } from '../rules/values.ts';

/** One object of a connector space while it is evaluated: its values decoded once, its rules' scopes decided once. */
export class Frame implements FlowSource, ScopeSource {
  readonly object: SpaceObject;
  readonly program: SourceProgram | undefined;
  /** Place of its connector in the order of creation. */
  readonly order: number;
  readonly #values = new Map<string, Value>();
  readonly #scopes: (boolean | undefined)[];
  readonly #known = new Map<string, string | undefined>();
  readonly #environment: EngineEnvironment;
  readonly #parameters: Readonly<Record<string, string>>;

  constructor(object: SpaceObject, program: Program, environment: EngineEnvironment) {
    this.object = object;
    this.program = program.inbound(object.connector, object.type);
    this.order = program.connectorOrder(object.connector);
    this.#scopes = new Array<boolean | undefined>(this.program?.rules.length ?? 0);
    this.#environment = environment;
    this.#parameters = program.parametersOf(object.connector);
  }

  inScope(rule: CompiledRule): boolean {
    return (this.#scopes[rule.index] ??= rule.scope(this));
  }

  get reference(): ObjectReference {
    return { connector: this.object.connector, objectGuid: this.object.objectGuid };
  }

  has(attribute: string): boolean {
    if (this.value(attribute) !== null) return true;
    const links = this.object.linkCount(attribute);
    return links !== undefined && links > 0;
  }

  linksOf(attribute: string): readonly LinkSource[] {
    return [{ ...this.reference, attribute }];
  }

  value(attribute: string): Value {
    const held = this.#values.get(attribute);
    if (held !== undefined) return held;
    const value = this.object.value(attribute);
    this.#values.set(attribute, value);
    return value;
  }

  linkCount(attribute: string): number | undefined {
    return this.object.linkCount(attribute);
  }

  isMemberOf(groupDn: string): boolean {
    return this.object.isMemberOf(groupDn);
  }

  attribute(name: string): Value {
    const value = this.value(name);
    // Links have no values of their own, so only what has none can be links.
    if (value === null && this.object.linkCount(name) !== undefined) throw linksAreNotRead(name);
    return value;
  }

  valueCount(name: string): number {
    return this.object.linkCount(name) ?? scalarsOf(this.value(name)).length;
  }

  /** What an inbound rule imports is what its own connector space holds. */
  imported(name: string): Value {
    return this.attribute(name);
  }

  parameter(name: string): string | undefined {
    if (this.#known.has(name)) return this.#known.get(name);
    const value = this.#parameter(name);
    this.#known.set(name, value);
    return value;
  }

  #parameter(name: string): string | undefined {
    return parameterOf(this.#parameters, this.object.connector, this.object.dn, name);
  }

  now(): Instant {
    return this.#environment.now();
  }

  random(): number {
    return this.#environment.random();
  }

  guid(): string {
    return this.#environment.guid();
  }
}

export function linksAreNotRead(name: string): ExpressionError {
  return new ExpressionError(
    'failed',
    `An expression cannot read the values of ${name}, which may be hundreds of thousands; ValueCount("${name}") counts them, and a direct flow passes them on.`,
    { offset: 0, line: 1, column: 1 },
  );
}
