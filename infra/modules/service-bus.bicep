metadata description = 'A Service Bus namespace without keys: the queues between relay and cloud, and a role for each that uses one.'

@minLength(6)
@maxLength(50)
@description('Required. Name of the namespace.')
param name string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Object id of the application\'s identity.')
param principalId string

@description('Required. Object id of the relay\'s service principal; empty until it exists.')
param relayPrincipalId string

@description('Required. Subnet for the private endpoint; empty: the namespace is reached from everywhere, with an identity.')
param endpointSubnetId string

@description('Required. Workspace that logs go to.')
param workspaceId string

// Azure Service Bus Data Sender, Azure Service Bus Data Receiver
var sender = '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
var receiver = '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'

// Names as in shared/contracts/queues.ts. A lock is leadership in relay-leases, so its sessions live for ever.
// A heartbeat that nobody has taken says nothing any more, so it ends by itself.
var queues = [
  { name: 'directory-changes', sessions: true, ttl: 'P14D', lock: 'PT5M', keepExpired: true }
  { name: 'relay-leases', sessions: true, ttl: 'P14D', lock: 'PT1M', keepExpired: true }
  { name: 'relay-commands', sessions: true, ttl: 'P1D', lock: 'PT1M', keepExpired: true }
  { name: 'relay-telemetry', sessions: false, ttl: 'PT10M', lock: 'PT1M', keepExpired: false }
]

var grants = concat(
  [
    { queue: 'directory-changes', role: receiver, principal: principalId }
    { queue: 'relay-commands', role: sender, principal: principalId }
    { queue: 'relay-telemetry', role: receiver, principal: principalId }
  ],
  empty(relayPrincipalId)
    ? []
    : [
        { queue: 'directory-changes', role: sender, principal: relayPrincipalId }
        { queue: 'relay-leases', role: receiver, principal: relayPrincipalId }
        { queue: 'relay-commands', role: receiver, principal: relayPrincipalId }
        { queue: 'relay-telemetry', role: sender, principal: relayPrincipalId }
      ]
)

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  // Private endpoints are of Premium only.
  sku: empty(endpointSubnetId) ? { name: 'Standard', tier: 'Standard' } : { name: 'Premium', tier: 'Premium', capacity: 1 }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }

  resource queue 'queues' = [
    for queue in queues: {
      name: queue.name
      properties: {
        requiresSession: queue.sessions
        requiresDuplicateDetection: true
        duplicateDetectionHistoryTimeWindow: 'PT1H'
        lockDuration: queue.lock
        defaultMessageTimeToLive: queue.ttl
        deadLetteringOnMessageExpiration: queue.keepExpired
        maxDeliveryCount: 10
      }
    }
  ]
}

resource granted 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for grant in grants: {
    parent: namespace
    name: grant.queue
  }
]

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (grant, i) in grants: {
    name: guid(resourceId('Microsoft.ServiceBus/namespaces/queues', name, grant.queue), grant.principal, grant.role)
    scope: granted[i]
    dependsOn: [namespace::queue]
    properties: {
      principalId: grant.principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', grant.role)
    }
  }
]

module endpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: '${name}-namespace'
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    targetId: namespace.id
    groupId: 'namespace'
    subnetId: endpointSubnetId
    zoneName: 'privatelink.servicebus.windows.net'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'lockstep'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'OperationalLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('Resource id of the namespace.')
output id string = namespace.id

@description('Host name of the namespace.')
output host string = '${namespace.name}.servicebus.windows.net'
