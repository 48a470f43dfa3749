import type {
  AttributeExplanation,
  Explanation,
  FlowExplanation,
  MetaverseExplanation,
  ObjectExplanation,
  ScopeExplanation,
} from '../../shared/engine/explanation.ts';
import type { ObjectReference } from '../../shared/engine/space-object.ts';
import type { ExtensionTargets } from '../../shared/entra/directory-extensions.ts';
import { targetOf, unwritableTypes, type EntraType } from '../../shared/entra/targets.ts';
import type { Style } from '../output.ts';

/** How much is shown. */
export interface View {
  /** Also rules out of scope, and attributes without a value. */
  readonly all: boolean;
  /** Only these attributes. */
  readonly attributes: readonly string[];
  readonly extensions: ExtensionTargets;
}

type Label = (reference: ObjectReference) => string;

/** An explanation for a person at a terminal. */
export function renderExplanation(
  explanation: Explanation,
  objectGuid: string,
  view: View,
  label: Label,
  style: Style,
): string {
  const page = new Page(view, label, style);
  const own = explanation.objects.find(({ object }) => object.objectGuid === objectGuid);
  const others = explanation.objects.filter((one) => one !== own);
  for (const one of [...(own === undefined ? [] : [own]), ...others]) page.object(one);
  const metaverse = explanation.metaverse.find(({ members }) =>
    members.some((member) => member.objectGuid === objectGuid),
  );
  if (metaverse !== undefined) page.metaverse(metaverse);
  return page.text();
}

class Page {
  readonly #lines: string[] = [];
  readonly #view: View;
  readonly #label: Label;
  readonly #style: Style;

  constructor(view: View, label: Label, style: Style) {
    this.#view = view;
    this.#label = label;
    this.#style = style;
  }

  text(): string {
    return this.#lines.join('\n').trimEnd();
  }

  object(one: ObjectExplanation): void {
    const { object, outcome, by, reason, failure } = one;
    this.#line(this.#style('bold', object.dn));
    this.#line(`  ${object.type} of ${object.connector}, ${object.objectGuid}`);
    const rule = by === undefined ? '' : ` by "${by.name}" (${by.precedence})`;
    const became = {
      projected: this.#style('green', `starts an object of the metaverse${rule}`),
      joined: this.#style('green', `joins${rule}`),
      unjoined: this.#style('yellow', `stands alone: ${reason ?? ''}`),
      refused: this.#style('red', `cannot be linked, ${failure?.code ?? ''}: ${failure?.message ?? ''}`),
    };
    this.#line(`  It ${became[outcome]}.`);
    for (const { conditions, matches } of one.joins) {
      const text = conditions.map((c) => `${c.connectorSpace} = ${c.metaverse} (${shown(c.values)})`).join(' and ');
      const found = matches.map((match) => match.map(this.#label).join(' + ')).join('; ');
      this.#line(`    ${text}: ${matches.length === 1 ? `matches ${found}` : `${matches.length} matches`}`);
    }
    this.#scopes(one.scopes, outcome === 'unjoined');
    this.#line('');
  }

  metaverse(one: MetaverseExplanation): void {
    if (one.members.length > 1) {
      this.#line(this.#style('bold', `Together they are one ${one.type}: ${one.members.map(this.#label).join(' + ')}`));
      this.#line('');
    }
    if (one.targets.length === 0) {
      this.#line(this.#style('yellow', 'Nothing of it is to be in Entra. Outbound rules:'));
      this.#scopes(one.outboundScopes, true);
      this.#line('');
      this.#attributes('Metaverse', one.attributes, one);
      return;
    }
    for (const { type, link, attributes } of one.targets) {
      const how = link === 'noFlow' ? 'stays as it is (JoinNoFlow)' : `is to be a ${type}`;
      this.#line(this.#style('bold', `In Entra it ${how}`));
      const unwritable = unwritableTypes[type as EntraType];
      if (unwritable !== undefined) this.#line(this.#style('yellow', `  It is not written: ${unwritable}`));
      this.#scopes(one.outboundScopes);
      this.#line('');
      this.#attributes('Attribute', attributes, one, type as EntraType);
    }
  }

  #scopes(scopes: readonly ScopeExplanation[], always = false): void {
    for (const { rule, inScope, groups } of scopes) {
      if (!inScope && !this.#view.all && !always) continue;
      const mark = inScope ? this.#style('green', '✓') : this.#style('dim', '✗');
      this.#line(`  ${mark} ${rule.name} ${this.#style('dim', `(${rule.precedence}, ${rule.linkType})`)}`);
      if (inScope && !this.#view.all) continue;
      groups.forEach((clauses, i) => {
        for (const { attribute, operator, wanted, values, holds } of clauses) {
          const clause = [attribute, operator, wanted].filter((part) => part !== '').join(' ');
          const verdict = holds ? 'holds' : this.#style('yellow', 'does not hold');
          this.#line(`      ${i > 0 ? 'or ' : ''}${clause}: ${verdict}, it is ${shown(values)}`);
        }
      });
    }
  }

  #attributes(
    title: string,
    attributes: readonly AttributeExplanation[],
    metaverse: MetaverseExplanation,
    type?: EntraType,
  ): void {
    const wanted = this.#view.attributes;
    const listed = attributes.filter(({ attribute, outcome, flows }) => {
      if (wanted.length > 0) return wanted.includes(attribute);
      return this.#view.all || outcome !== 'none' || flows.some((flow) => flow.outcome === 'failed');
    });
    if (listed.length > 0) this.#line(this.#style('dim', title));
    for (const one of listed) {
      this.#line(`  ${this.#style('bold', one.attribute)} = ${this.#value(one)}${this.#carried(one.attribute, type)}`);
      this.#flows(one.flows, '    ');
      // What the metaverse had, and from where, stands between the two.
      const inputs = new Set(
        one.flows.filter(decisive).flatMap(({ inputs: read }) => read.map(({ attribute }) => attribute)),
      );
      for (const name of type === undefined ? [] : inputs) {
        const source = metaverse.attributes.find(({ attribute }) => attribute === name);
        if (source === undefined) continue;
        this.#line(this.#style('dim', `      ${name} of the metaverse = ${this.#value(source)}`));
        this.#flows(source.flows, '        ');
      }
    }
  }

  #value({ outcome, values, links }: AttributeExplanation): string {
    switch (outcome) {
      case 'value':
        return shown(values);
      case 'links':
        return links.map((link) => `the ${link.count} values of ${link.attribute} of ${this.#label(link)}`).join(', ');
      case 'none':
        return this.#style('dim', 'no value');
      case 'kept':
        return this.#style('dim', 'whatever Entra has');
      case 'failed':
        return this.#style('red', 'failed');
    }
  }

  #carried(attribute: string, type: EntraType | undefined): string {
    if (type === undefined) return '';
    const target = targetOf(type, attribute, this.#view.extensions);
    if ('reason' in target) return this.#style('yellow', `  (not written: ${target.reason})`);
    const name = 'property' in target ? target.property : target.carriedAs;
    return name === attribute ? '' : this.#style('dim', `  (as ${name})`);
  }

  #flows(flows: readonly FlowExplanation[], indent: string): void {
    for (const flow of flows) {
      if (flow.outcome === 'outOfScope' && !this.#view.all) continue;
      const { rule, kind, text, outcome, inputs, values, failure } = flow;
      const source =
        kind === 'direct' ? `[${text}]` : kind === 'constant' ? JSON.stringify(text) : text.trim().replace(/\s+/g, ' ');
      const read =
        kind === 'expression' && decisive(flow)
          ? ` where ${inputs.map(({ attribute, values: v }) => `${attribute} is ${shown(v)}`).join(', ')}`
          : '';
      const said = outcome === 'lost' ? `would give ${shown(values)}` : outcomeText[outcome];
      const line = `${rule.name} (${rule.precedence}) ${said}: ${source}${inputs.length > 0 ? read : ''}`;
      this.#line(indent + (decisive(flow) ? line : this.#style('dim', line)));
      if (failure !== undefined) this.#line(`${indent}  ${this.#style('red', `${failure.code}: ${failure.message}`)}`);
    }
  }

  #line(text: string): void {
    this.#lines.push(text);
  }
}

const outcomeText: Readonly<Record<FlowExplanation['outcome'], string>> = {
  won: 'decides',
  merged: 'adds',
  lost: 'loses',
  null: 'gives nothing',
  authoritativeNull: 'says AuthoritativeNull',
  ignored: 'says IgnoreThisFlow',
  outOfScope: 'is out of scope',
  failed: 'fails',
};

function decisive({ outcome }: FlowExplanation): boolean {
  return ['won', 'merged', 'failed', 'authoritativeNull'].includes(outcome);
}

function shown(values: readonly string[]): string {
  if (values.length === 0) return 'empty';
  const some = values
    .slice(0, 5)
    .map((value) => JSON.stringify(value.length > 120 ? `${value.slice(0, 120)}…` : value));
  return some.join(', ') + (values.length > 5 ? `, and ${values.length - 5} more` : '');
}
