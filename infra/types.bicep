metadata description = 'Types that several modules share.'

@export()
@description('What a module needs to know of the application\'s identity.')
type identityType = {
  @description('Resource id of the user-assigned managed identity.')
  id: string
  @description('Object id of its service principal, for role assignments.')
  principalId: string
  @description('Client id, by which code and host name it.')
  clientId: string
}

@export()
@description('Where the durable history is kept.')
type durableBackendType = 'azureStorage' | 'dts'

@export()
@description('What the installation does to the tenant.')
type modeType = 'live' | 'staging'
