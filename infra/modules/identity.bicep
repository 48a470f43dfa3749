metadata description = 'The identity by which the application enters everything; there is no key.'

import { identityType } from '../types.bicep'

@description('Required. Name of the identity.')
param name string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

@description('The identity.')
output identity identityType = {
  id: identity.id
  principalId: identity.properties.principalId
  clientId: identity.properties.clientId
}
