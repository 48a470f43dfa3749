metadata description = 'Queries that operators find in the workspace under "Lockstep".'

@description('Required. Name of the workspace.')
param workspaceName string

var queries = [
  { name: 'sync-latency', title: 'Sync latency', query: loadTextContent('../queries/sync-latency.kql') }
  { name: 'writes', title: 'Writes to Entra', query: loadTextContent('../queries/writes.kql') }
  { name: 'objects-by-state', title: 'Objects by state', query: loadTextContent('../queries/pending-and-unconfirmed.kql') }
  { name: 'halts-by-code', title: 'What stopped the cycle', query: loadTextContent('../queries/halts-by-code.kql') }
  { name: 'one-change', title: 'One change', query: loadTextContent('../queries/one-change.kql') }
  { name: 'relays', title: 'Relays', query: loadTextContent('../queries/relays.kql') }
  { name: 'queues', title: 'Queues', query: loadTextContent('../queries/queues.kql') }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = { name: workspaceName }

resource saved 'Microsoft.OperationalInsights/workspaces/savedSearches@2023-09-01' = [
  for query in queries: {
    parent: workspace
    name: 'lockstep-${query.name}'
    properties: { category: 'Lockstep', displayName: query.title, query: query.query, version: 2 }
  }
]
