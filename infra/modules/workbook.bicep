metadata description = 'A workbook over the logs and metrics: relays, latency, objects by state, writes, what stopped the cycle, queues.'

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Workspace that it asks.')
param workspaceId string

var charts = [
  { title: 'Relays', query: loadTextContent('../queries/relays.kql'), visualization: 'table' }
  { title: 'Sync latency, in seconds', query: loadTextContent('../queries/sync-latency.kql'), visualization: 'timechart' }
  { title: 'Objects by state', query: loadTextContent('../queries/pending-and-unconfirmed.kql'), visualization: 'timechart' }
  { title: 'Writes to Entra', query: loadTextContent('../queries/writes.kql'), visualization: 'barchart' }
  { title: 'What stopped the cycle', query: loadTextContent('../queries/halts-by-code.kql'), visualization: 'table' }
  { title: 'Queues', query: loadTextContent('../queries/queues.kql'), visualization: 'timechart' }
]

var timeRange = {
  type: 9
  content: {
    version: 'KqlParameterItem/1.0'
    parameters: [
      { id: guid('lockstep', 'range'), version: 'KqlParameterItem/1.0', name: 'Range', type: 4, value: { durationMs: 86400000 } }
    ]
  }
}

var items = [
  for chart in charts: {
    type: 3
    content: {
      version: 'KqlItem/1.0'
      title: chart.title
      query: chart.query
      size: 0
      timeContextFromParameter: 'Range'
      queryType: 0
      resourceType: 'microsoft.operationalinsights/workspaces'
      visualization: chart.visualization
    }
  }
]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'lockstep')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Lockstep'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: string({ version: 'Notebook/1.0', items: concat([timeRange], items), fallbackResourceIds: [workspaceId] })
  }
}
