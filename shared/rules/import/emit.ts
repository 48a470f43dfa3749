import { Document, isScalar, visit } from 'yaml';
import type { AttributeFlow, RuleSet, SyncRule } from '../model.ts';

/** Files of rules, ready to be kept, read and changed: a head, and one file for each direction and object type. */
export function emitRules(ruleSet: RuleSet): readonly { readonly name: string; readonly text: string }[] {
  const groups = Map.groupBy(ruleSet.rules, fileOf);
  return [
    {
      name: 'rules.yaml',
      text: yamlText({
        name: ruleSet.name,
        base: 'none',
        connectors: ruleSet.connectors.map(({ name, kind, parameters }) => ({
          name,
          kind,
          ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
        })),
        ...(ruleSet.attributes.length === 0 ? {} : { attributes: ruleSet.attributes }),
      }),
    },
    ...[...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, rules]) => ({
        name,
        text: yamlText({ rules: [...rules].sort((a, b) => a.precedence - b.precedence).map(authored) }),
      })),
  ];
}

function fileOf({ direction, connector, sourceType, targetType }: SyncRule): string {
  const place = connector.kind === 'entra' ? 'entra' : 'ad';
  const type = direction === 'inbound' ? sourceType : targetType;
  return `${direction === 'inbound' ? 'in-from' : 'out-to'}-${place}-${type.toLowerCase()}.yaml`;
}

/** A rule as people write it, without what has its default. */
function authored(rule: SyncRule): Record<string, unknown> {
  const { connector, scope, join, flows } = rule;
  return {
    id: rule.id,
    name: rule.name,
    ...(rule.description === undefined ? {} : { description: rule.description }),
    ...(rule.tag === undefined ? {} : { tag: rule.tag }),
    direction: rule.direction,
    connector: connector.name === null ? connector.kind : { kind: connector.kind, name: connector.name },
    sourceType: rule.sourceType,
    targetType: rule.targetType,
    linkType: rule.linkType,
    precedence: rule.precedence,
    ...(rule.disabled ? { disabled: true } : {}),
    ...(rule.passwordSync ? { passwordSync: true } : {}),
    ...(scope.length === 0
      ? {}
      : {
          scope: scope.map((group) =>
            group.map(({ attribute, operator, value }) =>
              operator === 'ISNULL' || operator === 'ISNOTNULL'
                ? { attribute, operator }
                : { attribute, operator, value },
            ),
          ),
        }),
    ...(join.length === 0
      ? {}
      : {
          join: join.map((group) =>
            group.map(({ connectorSpace, metaverse, caseSensitive }) => ({
              connectorSpace,
              metaverse,
              ...(caseSensitive ? { caseSensitive } : {}),
            })),
          ),
        }),
    ...(flows.length === 0 ? {} : { flows: flows.map(authoredFlow) }),
  };
}

function authoredFlow(flow: AttributeFlow): Record<string, unknown> {
  const rest = {
    ...(flow.applyOnce ? { applyOnce: true } : {}),
    ...(flow.merge === 'Update' ? {} : { merge: flow.merge }),
  };
  switch (flow.kind) {
    case 'direct':
      return { target: flow.target, source: flow.source, ...rest };
    case 'constant':
      return { target: flow.target, constant: flow.value, ...rest };
    case 'expression': {
      const dialect = flow.dialect === 'connect' ? {} : { dialect: flow.dialect };
      return { target: flow.target, expression: flow.text, ...dialect, ...rest };
    }
  }
}

/** Flows and conditions take a line each; expressions of several lines stand as they are. */
function yamlText(content: Record<string, unknown>): string {
  const document = new Document(content);
  visit(document, {
    Map: (_, node) => {
      const short = node.items.every(
        ({ value }) => isScalar(value) && String(value.value).length < 80 && !String(value.value).includes('\n'),
      );
      const keys = node.items.map(({ key }) => (isScalar(key) ? key.value : ''));
      if (short && (keys[0] === 'target' || keys[0] === 'attribute' || keys[0] === 'connectorSpace')) node.flow = true;
    },
  });
  return document.toString({
    lineWidth: 0,
    flowCollectionPadding: true,
    defaultStringType: 'PLAIN',
    defaultKeyType: 'PLAIN',
  });
}
