metadata description = 'The function app on Flex Consumption. Its settings name no secret: everything is entered with the identity.'

import { identityType } from '../types.bicep'

@minLength(2)
@maxLength(60)
@description('Required. Name of the app.')
param name string

@description('Required. Name of the plan.')
param planName string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. The application\'s identity.')
param identity identityType

@description('Required. Storage account of the host and of the artefact.')
param hostStorageName string

@description('Required. Address of the tables that hold the state.')
param stateTableEndpoint string

@description('Required. Host name of the Service Bus namespace.')
param busHost string

@description('Required. Address of the vault that keeps the function keys.')
param vaultUri string

@description('Required. Address of the Durable Task Scheduler; empty for the host\'s storage account.')
param schedulerEndpoint string

@description('Required. Task hub of the scheduler.')
param taskHub string

@description('Required. Connection string of Application Insights.')
param insightsConnection string

@description('Required. Subnet of the app; empty for none.')
param subnetId string

@description('Required. Workspace that logs go to.')
param workspaceId string

@description('Required. Memory of an instance, in MB.')
param instanceMemoryMB int

@description('Required. Most instances.')
param maximumInstanceCount int

@description('Required. Settings of the application, as in docs/Reference/settings.md.')
param settings object

var onScheduler = !empty(schedulerEndpoint)

// The host reads its own storage by these; on the scheduler it needs blobs only.
var hostSettings = union(
  {
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identity.clientId
    AzureWebJobsStorage__blobServiceUri: hostStorage.properties.primaryEndpoints.blob
    AzureWebJobsSecretStorageType: 'keyvault'
    AzureWebJobsSecretStorageKeyVaultUri: vaultUri
    AzureWebJobsSecretStorageKeyVaultClientId: identity.clientId
    APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD'
  },
  onScheduler
    ? {
        AzureFunctionsJobHost__extensions__durableTask__hubName: taskHub
        AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
        AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DurableTaskScheduler'
        DurableTaskScheduler: 'Endpoint=${schedulerEndpoint};TaskHub=${taskHub};Authentication=ManagedIdentity;ClientID=${identity.clientId}'
      }
    : {
        AzureWebJobsStorage__queueServiceUri: hostStorage.properties.primaryEndpoints.queue
        AzureWebJobsStorage__tableServiceUri: hostStorage.properties.primaryEndpoints.table
      }
)

var applicationSettings = union(settings, {
  LOCKSTEP_CLIENT_ID: identity.clientId
  LockstepStorage__tableServiceUri: stateTableEndpoint
  LockstepBus__fullyQualifiedNamespace: busHost
  LockstepBus__credential: 'managedidentity'
  LockstepBus__clientId: identity.clientId
})

resource hostStorage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: hostStorageName }

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'cloud' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    vnetRouteAllEnabled: !empty(subnetId)
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostStorage.properties.primaryEndpoints.blob}deployment'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        // The cycle is one orchestration; an instance that waits for it saves a cold start with each change.
        alwaysReady: onScheduler ? [] : [{ name: 'durable', instanceCount: 1 }]
      }
      runtime: { name: 'node', version: '22' }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    properties: union(hostSettings, applicationSettings)
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'lockstep'
  scope: app
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'FunctionAppLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('Name of the app.')
output name string = app.name

@description('Address of the app.')
output url string = 'https://${app.properties.defaultHostName}'
