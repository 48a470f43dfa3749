metadata description = 'A storage account without shared keys, with the roles for the services that are used of it.'

@minLength(3)
@maxLength(24)
@description('Required. Name of the account.')
param name string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Object id of the identity that uses it.')
param principalId string

@description('Required. Blob containers.')
param containers string[]

@description('Required. Services that are used.')
param services ('blob' | 'queue' | 'table')[]

@description('Required. Subnet for private endpoints; empty: the account is reached from everywhere, with an identity.')
param endpointSubnetId string

@description('Required. Workspace that logs go to.')
param workspaceId string

@description('Required. True forbids the deletion of the account.')
param locked bool

// Storage Blob Data Owner, Storage Queue Data Contributor, Storage Table Data Contributor
var roles = {
  blob: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  queue: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  table: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowCrossTenantReplication: false
    publicNetworkAccess: empty(endpointSubnetId) ? 'Enabled' : 'Disabled'
    networkAcls: { defaultAction: empty(endpointSubnetId) ? 'Allow' : 'Deny', bypass: 'None' }
  }

  resource blobs 'blobServices' = if (contains(services, 'blob')) {
    name: 'default'

    resource container 'containers' = [
      for containerName in containers: {
        name: containerName
      }
    ]
  }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for service in services: {
    name: guid(account.id, principalId, roles[service])
    scope: account
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[service])
    }
  }
]

module endpoint 'private-endpoint.bicep' = [
  for service in services: if (!empty(endpointSubnetId)) {
    name: '${name}-${service}'
    params: {
      name: 'pep-${name}-${service}'
      location: location
      tags: tags
      targetId: account.id
      groupId: service
      subnetId: endpointSubnetId
      zoneName: 'privatelink.${service}.${environment().suffixes.storage}'
    }
  }
]

resource tableLogs 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (contains(services, 'table')) {
  name: 'lockstep'
  scope: tableLogs
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageDelete', enabled: true }]
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (locked) {
  name: 'state'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'The state of Lockstep: without it the directories and the tenant are read anew. "azd down" removes this lock first.'
  }
}

@description('Name of the account.')
output name string = account.name

@description('Address of its tables.')
output tableEndpoint string = account.properties.primaryEndpoints.table
