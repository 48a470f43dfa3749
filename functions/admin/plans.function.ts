import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { approvalSchema, snoozeSchema } from '../../shared/contracts/plans.ts';
import { LockstepError } from '../../shared/errors/lockstep-error.ts';
import { getApplication } from '../composition.ts';
import { wakeCycle } from '../sync/sync.function.ts';
import { answering, bodyOf } from './http-answer.ts';
import { approvePlan, planPage, snoozePlan } from './plans.ts';

app.http('plans', {
  route: 'plans',
  methods: ['GET'],
  authLevel: 'function',
  handler: answering(async () => {
    const { plans } = await getApplication();
    return { jsonBody: { version: 1, plans: await plans.list() } };
  }),
});

app.http('plan', {
  route: 'plans/{id}',
  methods: ['GET'],
  authLevel: 'function',
  handler: answering(async (request) => {
    const from = request.query.get('from') ?? '0';
    if (!/^\d{1,8}$/.test(from)) throw new LockstepError('LS1301', '"from" must be a number of at most eight digits.');
    return { jsonBody: await planPage(await getApplication(), request.params['id'] ?? '', Number(from)) };
  }),
});

app.http('approvePlan', {
  route: 'plans/{id}/approve',
  methods: ['POST'],
  authLevel: 'function',
  extraInputs: [df.input.durableClient()],
  handler: answering(async (request, context) => {
    const { approvedBy } = await bodyOf(request, approvalSchema);
    const plan = await approvePlan(await getApplication(), request.params['id'] ?? '', approvedBy);
    context.warn(JSON.stringify({ event: 'plan-approved', plan: plan.id, connector: plan.connector, approvedBy }));
    await wakeCycle(df.getClient(context));
    return { jsonBody: plan };
  }),
});

app.http('snoozePlan', {
  route: 'plans/{id}/snooze',
  methods: ['POST'],
  authLevel: 'function',
  handler: answering(async (request) => {
    const { hours } = await bodyOf(request, snoozeSchema);
    return { jsonBody: await snoozePlan(await getApplication(), request.params['id'] ?? '', hours) };
  }),
});
