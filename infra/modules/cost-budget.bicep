metadata description = 'A budget: an e-mail when the costs of the resource group reach a part of the amount.'

@description('Required. Amount a month, in the currency of the subscription.')
param amount int

@minLength(10)
@description('Required. First day of the month in which it begins, as 2026-01-01.')
param start string

@minLength(3)
@description('Required. Who is told.')
param email string

resource budget 'Microsoft.Consumption/budgets@2023-11-01' = {
  name: 'lockstep'
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: start }
    notifications: {
      actual80: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: [email]
      }
      forecast100: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: [email]
      }
    }
  }
}
