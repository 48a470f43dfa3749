metadata description = 'A key vault: the function keys of the app, and, where the operator puts it there, the password of the relay\'s account.'

@minLength(3)
@maxLength(24)
@description('Required. Name of the vault.')
param name string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Object id of the application\'s identity: the host writes the function keys.')
param principalId string

@description('Required. Object id of the relay\'s service principal; empty until it exists.')
param relayPrincipalId string

@description('Required. Subnet for the private endpoint; empty: the vault is reached from everywhere, with an identity.')
param endpointSubnetId string

@description('Required. Workspace that logs go to.')
param workspaceId string

// Key Vault Secrets Officer, Key Vault Secrets User
var officer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
var user = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: empty(endpointSubnetId) ? 'Enabled' : 'Disabled'
    networkAcls: { defaultAction: empty(endpointSubnetId) ? 'Allow' : 'Deny', bypass: 'None' }
  }

  resource relayPassword 'secrets' existing = { name: 'relay-bind-password' }
}

resource hostRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, officer)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', officer)
  }
}

// Of the one secret, not of the vault: the function keys are none of the relay's business.
resource relayRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(relayPrincipalId)) {
  name: guid(vault::relayPassword.id, relayPrincipalId, user)
  scope: vault::relayPassword
  properties: {
    principalId: relayPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', user)
  }
}

module endpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: '${name}-vault'
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    targetId: vault.id
    groupId: 'vault'
    subnetId: endpointSubnetId
    zoneName: 'privatelink.vaultcore.azure.net'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'lockstep'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'AuditEvent', enabled: true }]
  }
}

@description('Address of the vault.')
output uri string = vault.properties.vaultUri
