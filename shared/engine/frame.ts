import { ExpressionError } from '../rules/expressions/expression.ts';
import type { Instant, Value } from '../rules/value.ts';
import type { EngineEnvironment } from './environment.ts';
import { parameterOf } from './parameters.ts';
import type { CompiledRule, Program, ScopedProgram, SourceProgram } from './compiled-rules.ts';
import type { FlowSource } from './resolve.ts';
import type { LinkSource, ObjectReference, SpaceObject } from './space-object.ts';
import { scalarsOf } from '../rules/values.ts';

/** One object of a connector space while it is evaluated: its values decoded once, its rules' scopes decided once. */
export class Frame implements FlowSource {
  readonly object: SpaceObject;
  readonly program: SourceProgram | undefined;
  readonly metaverseSlots: ReadonlyMap<string, number>;
  /** Place of its connector in the order of creation. */
  readonly order: number;
  /** By the places of {@link SourceProgram.reads}; `undefined` until somebody asks. */
  readonly #values: (Value | undefined)[];
  #scoped: ScopedProgram | undefined;
  readonly #present: number[] = [];
  readonly #scopes: (boolean | undefined)[];
  readonly #known = new Map<string, string | undefined>();
  readonly #environment: EngineEnvironment;
  readonly #parameters: Readonly<Record<string, string>>;

  constructor(object: SpaceObject, program: Program, environment: EngineEnvironment) {
    this.object = object;
    this.program = program.inbound(object.connector, object.type);
    this.metaverseSlots = program.metaverseSlots;
    this.order = program.connectorOrder(object.connector);
    const reads = this.program?.reads ?? new Map<string, number>();
    this.#values = new Array<Value | undefined>(reads.size).fill(null);
    for (const name of object.present) {
      const place = reads.get(name);
      if (place === undefined) continue;
      this.#values[place] = undefined;
      this.#present.push(place);
    }
    this.#scopes = new Array<boolean | undefined>(this.program?.scopes.length ?? 0);
    this.#environment = environment;
    this.#parameters = program.parametersOf(object.connector);
  }

  /** Places of the attributes that the object has, of those that rules read. */
  get present(): readonly number[] {
    return this.#present;
  }

  inScope(rule: CompiledRule): boolean {
    return (this.#scopes[rule.scopeIndex] ??= rule.scope(this));
  }

  /** The rules in scope; `undefined` when none is for this kind of object. */
  get scoped(): ScopedProgram | undefined {
    return (this.#scoped ??= this.program?.scoped(this));
  }

  get reference(): ObjectReference {
    return { connector: this.object.connector, objectGuid: this.object.objectGuid };
  }

  has(attribute: string, place: number): boolean {
    if (this.#valueAt(attribute, place) !== null) return true;
    const links = this.object.linkCount(attribute);
    return links !== undefined && links > 0;
  }

  linksOf(attribute: string): readonly LinkSource[] {
    return [{ ...this.reference, attribute }];
  }

  value(attribute: string): Value {
    return this.#valueAt(attribute, this.program?.reads.get(attribute) ?? -1);
  }

  #valueAt(attribute: string, place: number): Value {
    if (place < 0) return this.object.value(attribute);
    const held = this.#values[place];
    if (held !== undefined) return held;
    const value = this.object.value(attribute);
    this.#values[place] = value;
    return value;
  }

  linkCount(attribute: string): number | undefined {
    return this.object.linkCount(attribute);
  }

  isMemberOf(groupDn: string): boolean {
    return this.object.isMemberOf(groupDn);
  }

  attribute(name: string, place: number): Value {
    const value = this.#valueAt(name, place);
    // Links have no values of their own, so only what has none can be links.
    if (value === null && this.object.linkCount(name) !== undefined) throw linksAreNotRead(name);
    return value;
  }

  valueCount(name: string): number {
    return this.object.linkCount(name) ?? scalarsOf(this.value(name)).length;
  }

  /** What an inbound rule imports is what its own connector space holds. */
  imported(name: string): Value {
    return this.attribute(name, this.program?.reads.get(name) ?? -1);
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
