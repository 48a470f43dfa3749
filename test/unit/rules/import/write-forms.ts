import type { ImportedConnector, ImportedFlow, ImportedRule } from '../../../../shared/rules/import/imported.ts';

/** A text in single quotes, as PowerShell has it: a quote is doubled, everything else stands for itself. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Rules as the Export button of the rules editor writes them: one script, backticks at the ends of lines. */
export function powerShellOf(rules: readonly ImportedRule[]): string {
  return rules.map(ruleScript).join('\r\n\r\n\r\n');
}

function ruleScript(rule: ImportedRule): string {
  const command = (name: string, parameters: readonly string[]): string =>
    [name, ...parameters].join('  `\r\n') + '  `\r\n';
  const flowParameters = (flow: ImportedFlow): readonly string[] => [
    '-SynchronizationRule $syncRule[0]',
    ...(flow.kind === 'direct' ? [`-Source @(${quoted(flow.text)})`] : []),
    `-Destination ${quoted(flow.target)}`,
    `-FlowType ${quoted({ direct: 'Direct', constant: 'Constant', expression: 'Expression' }[flow.kind])}`,
    `-ValueMergeType ${quoted(flow.merge)}`,
    ...(flow.kind === 'constant' ? [`-Source @(${quoted(flow.text)})`] : []),
    ...(flow.kind === 'expression' ? [`-Expression ${quoted(flow.text)}`] : []),
    ...(flow.applyOnce ? ['-ExecuteOnce'] : []),
    '-OutVariable syncRule',
  ];
  const conditions = (type: string, groups: readonly (readonly (readonly string[])[])[]): string =>
    groups
      .map((group) => {
        const made = group.map(
          (values, i) =>
            command('New-Object ', [
              `-TypeName ${quoted(`Microsoft.IdentityManagement.PowerShell.ObjectModel.${type}`)}`,
              `-ArgumentList ${values.map(quoted).join(',')}`,
              `-OutVariable condition${i}`,
            ]) + '\r\n',
        );
        const names = group.map((_, i) => `$condition${i}[0]`).join(',');
        return (
          made.join('\r\n') +
          '\r\n' +
          command(`Add-ADSync${type}Group`, [
            '-SynchronizationRule $syncRule[0]',
            `-${type}s @(${names})`,
            '-OutVariable syncRule',
          ])
        );
      })
      .join('\r\n\r\n');
  return [
    command('New-ADSyncRule', [
      `-Name ${quoted(rule.name)}`,
      `-Identifier ${quoted(rule.identifier)}`,
      `-Description ${quoted(rule.description)}`,
      `-Direction ${quoted(rule.direction)}`,
      `-Precedence ${rule.precedence}`,
      `-PrecedenceAfter '00000000-0000-0000-0000-000000000000'`,
      `-PrecedenceBefore '00000000-0000-0000-0000-000000000000'`,
      `-SourceObjectType ${quoted(rule.sourceType)}`,
      `-TargetObjectType ${quoted(rule.targetType)}`,
      `-Connector ${quoted(rule.connector)}`,
      `-LinkType ${quoted(rule.linkType)}`,
      `-SoftDeleteExpiryInterval ${rule.softDeleteExpiry || '0'}`,
      `-ImmutableTag ${quoted(rule.tag)}`,
      ...(rule.passwordSync ? ['-EnablePasswordSync'] : []),
      ...(rule.disabled ? ['-Disabled'] : []),
      '-OutVariable syncRule',
    ]),
    ...(rule.flows ?? []).map((flow) => command('Add-ADSyncAttributeFlowMapping', flowParameters(flow))),
    conditions(
      'ScopeCondition',
      rule.scope.map((group) => group.map(({ attribute, value, operator }) => [attribute, value, operator])),
    ),
    conditions(
      'JoinCondition',
      rule.join.map((group) =>
        group.map(({ connectorSpace, metaverse, caseSensitive }) => [
          connectorSpace,
          metaverse,
          caseSensitive ? 'True' : 'False',
        ]),
      ),
    ),
    command('Add-ADSyncRule', ['-SynchronizationRule $syncRule[0]']),
    command('Get-ADSyncRule', [`-Identifier ${quoted(rule.identifier)}`]),
  ].join('\r\n\r\n');
}

/** Rules as the settings file of the wizard has them: all of them the operator's own, so in full. */
export function jsonOf(rules: readonly ImportedRule[], connectors: readonly ImportedConnector[]): string {
  const policyOf = (connector: ImportedConnector): object => ({
    fullyQualifiedDomainName: connector.name,
    connectorIdentifier: connector.id,
    partitionFilters: connector.partitions.map(({ dn, included, excluded }) => ({
      distinguishedName: dn,
      containerInclusions: included,
      containerExclusions: excluded,
    })),
    customSynchronizationRules: rules.filter((rule) => rule.connector === connector.id).map(ruleObject),
  });
  const of = (kind: ImportedConnector['kind']): object[] =>
    connectors.filter((connector) => connector.kind === kind).map(policyOf);
  return JSON.stringify(
    { onpremisesDirectoryPolicy: of('activeDirectory'), azureDirectoryPolicy: of('entra')[0] },
    null,
    2,
  );
}

function ruleObject(rule: ImportedRule): object {
  return {
    name: rule.name,
    uniqueIdentifier: rule.identifier,
    description: rule.description,
    immutableTag: rule.tag,
    direction: rule.direction,
    sourceObjectType: rule.sourceType,
    targetObjectType: rule.targetType,
    linkType: rule.linkType,
    precedence: rule.precedence,
    disabled: rule.disabled,
    enablePasswordSync: rule.passwordSync,
    softDeleteExpiryInterval: rule.softDeleteExpiry,
    scopeFilters: rule.scope.map((group) => ({
      scopeConditionList: group.map(({ attribute, operator, value }) => ({ attribute, condition: operator, value })),
    })),
    joinFilters: rule.join.map((group) => ({
      joinConditionList: group.map(({ connectorSpace, metaverse, caseSensitive }) => ({
        csAttribute: connectorSpace,
        mvAttribute: metaverse,
        caseSensitive,
      })),
    })),
    attributeMappings: (rule.flows ?? []).map((flow) => ({
      destination: flow.target,
      flowType: flow.kind,
      ...(flow.kind === 'expression' ? { expression: flow.text } : { source: [flow.text] }),
      executeOnce: flow.applyOnce,
      valueMergeType: flow.merge,
    })),
  };
}
