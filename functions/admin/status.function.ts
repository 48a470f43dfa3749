import { app } from '@azure/functions';
import { getApplication } from '../composition.ts';
import { statusOf } from './status.ts';

app.http('status', {
  route: 'status',
  methods: ['GET'],
  authLevel: 'function',
  handler: async (request) => ({
    jsonBody: await statusOf(await getApplication(), request.query.get('objects') === 'true'),
  }),
});
