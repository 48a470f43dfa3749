using 'main.bicep'

// The least that runs: for a test tenant.
param environmentName = 'smallest'
param location = 'westeurope'
param instanceMemoryMB = 512
param logRetentionDays = 30
param lockState = false
