using 'main.bicep'

// Behind private endpoints, locked, with alerts and a budget.
param environmentName = 'hardened'
param location = 'westeurope'
param relayPrincipalId = '00000000-0000-4000-8000-000000000001'
param durableBackend = 'dts'
param privateNetwork = true
param lockState = true
param alertEmail = 'identity@contoso.com'
param monthlyBudget = 500
param budgetStart = '2026-12-01'
param logRetentionDays = 365
param mode = 'live'
