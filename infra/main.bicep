metadata description = 'Lockstep: everything that an installation is made of, in one resource group.'

targetScope = 'subscription'

import { durableBackendType, modeType } from 'types.bicep'

// Parameters //

@minLength(1)
@maxLength(32)
@description('Name of the environment; names of resources are made of it.')
param environmentName string

@minLength(1)
@description('Region of all resources.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Object id of the service principal of the relay\'s app registration; empty until it exists.')
param relayPrincipalId string = ''

@description('Where the durable history is kept: the host\'s storage account, or a Durable Task Scheduler.')
param durableBackend durableBackendType = 'azureStorage'

@description('True puts storage, Service Bus and Key Vault behind private endpoints; needs Service Bus Premium.')
param privateNetwork bool = false

@description('True forbids the deletion of the state\'s storage account.')
param lockState bool = true

@description('Address that alerts are sent to; empty for no e-mail.')
param alertEmail string = ''

@minValue(0)
@description('Amount a month, in the currency of the subscription, at which the costs are reported to alertEmail; 0 for no budget.')
param monthlyBudget int = 0

@description('First day of the month in which the budget begins, as 2026-01-01; it cannot be changed later.')
param budgetStart string = ''

@minValue(30)
@maxValue(730)
@description('Days that logs are kept.')
param logRetentionDays int = 90

@allowed([512, 2048, 4096])
@description('Memory of an instance of the function app, in MB.')
param instanceMemoryMB int = 2048

@minValue(40)
@maxValue(1000)
@description('Most instances that the function app scales out to.')
param maximumInstanceCount int = 40

@description('What the installation does to the tenant: staging plans and writes nothing.')
param mode modeType = 'staging'

@description('Which objects of the tenant a new directory object may take over.')
@allowed(['none', 'anchor', 'address'])
param matching string = 'anchor'

@description('What is done about changes that somebody else makes in Entra.')
@allowed(['repair', 'report'])
param drift string = 'repair'

@description('Change budget as JSON; empty for the default.')
param changeBudget string = ''

// Variables //

var abbreviations = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName, application: 'lockstep' }

// Resources //

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: '${abbreviations.resourceGroup}lockstep-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: '${abbreviations.identity}${token}', location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: '${abbreviations.workspace}${token}'
    insightsName: '${abbreviations.insights}${token}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
    publisherPrincipalId: identity.outputs.identity.principalId
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: { name: '${abbreviations.network}${token}', location: location, tags: tags }
}

module hostStorage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.storage}host${token}'
    location: location
    tags: tags
    principalId: identity.outputs.identity.principalId
    containers: ['deployment']
    services: durableBackend == 'azureStorage' ? ['blob', 'queue', 'table'] : ['blob']
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    workspaceId: monitoring.outputs.workspaceId
    locked: false
  }
}

module stateStorage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.storage}state${token}'
    location: location
    tags: tags
    principalId: identity.outputs.identity.principalId
    containers: []
    services: ['table']
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    workspaceId: monitoring.outputs.workspaceId
    locked: lockState
  }
}

module bus 'modules/service-bus.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.bus}${token}'
    location: location
    tags: tags
    principalId: identity.outputs.identity.principalId
    relayPrincipalId: relayPrincipalId
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'modules/key-vault.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.vault}${token}'
    location: location
    tags: tags
    principalId: identity.outputs.identity.principalId
    relayPrincipalId: relayPrincipalId
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    workspaceId: monitoring.outputs.workspaceId
  }
}

module scheduler 'modules/durable-task-scheduler.bicep' = if (durableBackend == 'dts') {
  scope: group
  params: {
    name: '${abbreviations.scheduler}${token}'
    location: location
    tags: tags
    principalId: identity.outputs.identity.principalId
  }
}

module app 'modules/function-app.bicep' = {
  scope: group
  params: {
    name: '${abbreviations.functionApp}${token}'
    planName: '${abbreviations.plan}${token}'
    location: location
    tags: tags
    identity: identity.outputs.identity
    hostStorageName: hostStorage.outputs.name
    stateTableEndpoint: stateStorage.outputs.tableEndpoint
    busHost: bus.outputs.host
    vaultUri: vault.outputs.uri
    schedulerEndpoint: scheduler.?outputs.endpoint ?? ''
    taskHub: scheduler.?outputs.taskHub ?? ''
    insightsConnection: monitoring.outputs.insightsConnection
    subnetId: network.?outputs.appSubnetId ?? ''
    workspaceId: monitoring.outputs.workspaceId
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    settings: {
      LOCKSTEP_MODE: mode
      LOCKSTEP_MATCHING: matching
      LOCKSTEP_DRIFT: drift
      LOCKSTEP_BUDGET: changeBudget
    }
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    email: alertEmail
    workspaceId: monitoring.outputs.workspaceId
    busId: bus.outputs.id
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: { location: location, tags: tags, workspaceId: monitoring.outputs.workspaceId }
}

module queries 'modules/saved-queries.bicep' = {
  scope: group
  params: { workspaceName: monitoring.outputs.workspaceName }
}

module costs 'modules/cost-budget.bicep' = if (monthlyBudget > 0) {
  scope: group
  params: { amount: monthlyBudget, start: budgetStart, email: alertEmail }
}

// Outputs //

@description('Name of the resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app.')
output LOCKSTEP_APP_NAME string = app.outputs.name

@description('Address of the function app, for the command line.')
output LOCKSTEP_URL string = app.outputs.url

@description('Object id of the application\'s identity, which the hook gives its permissions in Graph.')
output LOCKSTEP_IDENTITY_PRINCIPAL_ID string = identity.outputs.identity.principalId

@description('Host name of the Service Bus namespace, for the relay.')
output LOCKSTEP_BUS_NAMESPACE string = bus.outputs.host

@description('Address of the key vault, where the relay may find the password of its account.')
output LOCKSTEP_VAULT_URI string = vault.outputs.uri

@description('Name of the storage account of the state; it may be locked.')
output LOCKSTEP_STATE_ACCOUNT string = stateStorage.outputs.name

@description('Name of the storage account of the host, where the artefact is deployed to.')
output LOCKSTEP_HOST_ACCOUNT string = hostStorage.outputs.name
