metadata description = 'A private endpoint, registered in the private DNS zone of its service.'

@description('Required. Name of the endpoint.')
param name string

@description('Required. Region.')
param location string

@description('Required. Tags.')
param tags object

@description('Required. Resource that is reached by it.')
param targetId string

@description('Required. Part of the resource: blob, queue, table, namespace, vault.')
param groupId string

@description('Required. Subnet that it stands in.')
param subnetId string

@description('Required. Name of the private DNS zone.')
param zoneName string

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' existing = { name: zoneName }

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: groupId, properties: { privateLinkServiceId: targetId, groupIds: [groupId] } }
    ]
  }

  resource names 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        { name: groupId, properties: { privateDnsZoneId: zone.id } }
      ]
    }
  }
}
