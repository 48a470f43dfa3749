import { app } from '@azure/functions';
import { getApplication } from '../composition.ts';
import { preflight } from '../sync/plan/preflight.ts';
import { answering } from './http-answer.ts';

app.http('preflight', {
  route: 'preflight',
  methods: ['GET'],
  authLevel: 'function',
  handler: answering(async () => ({ jsonBody: await preflight(await getApplication()) })),
});
