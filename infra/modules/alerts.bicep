metadata description = 'Alert rules and the action group that they use. docs/Guides/azure.md has a runbook for each.'

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Who is told by e-mail; empty for nobody.')
param email string

@description('Required. Workspace that the log alerts ask.')
param workspaceId string

@description('Required. Service Bus namespace that is watched.')
param busId string

// lookBack: a rule that asks for what is missing has to see the time when it was there; null is the window of an hour.
var logAlerts = [
  {
    name: 'sync-halted'
    title: 'Lockstep: the sync cycle is stopped'
    severity: 1
    lookBack: null
    query: loadTextContent('../queries/alert-sync-halted.kql')
  }
  {
    name: 'relay-silent'
    title: 'Lockstep: no relay leads a directory'
    severity: 1
    lookBack: 'P2D'
    query: loadTextContent('../queries/alert-relay-silent.kql')
  }
  {
    name: 'plan-tripped'
    title: 'Lockstep: a plan is over the change budget'
    severity: 1
    lookBack: null
    query: loadTextContent('../queries/alert-plan-tripped.kql')
  }
  {
    name: 'stream-broken'
    title: 'Lockstep: changes of a directory were lost on the way'
    severity: 2
    lookBack: null
    query: loadTextContent('../queries/alert-stream-broken.kql')
  }
  {
    name: 'objects-failing'
    title: 'Lockstep: Entra refuses many objects'
    severity: 2
    lookBack: null
    query: loadTextContent('../queries/alert-objects-failing.kql')
  }
  {
    name: 'functions-failing'
    title: 'Lockstep: functions fail'
    severity: 2
    lookBack: null
    query: loadTextContent('../queries/alert-functions-failing.kql')
  }
]

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'lockstep'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'lockstep'
    emailReceivers: empty(email) ? [] : [{ name: 'operators', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource logAlert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in logAlerts: {
    name: alert.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.title
      description: 'Runbook: docs/Guides/azure.md, "${alert.name}".'
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT1H'
      overrideQueryTimeRange: alert.lookBack
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      autoMitigate: true
      actions: { actionGroups: [group.id] }
    }
  }
]

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'Runbook: docs/Guides/azure.md, "dead-letters".'
    severity: 2
    enabled: true
    scopes: [busId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead letters'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'DeadletteredMessages'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Maximum'
        }
      ]
    }
    autoMitigate: true
    actions: [{ actionGroupId: group.id }]
  }
}
