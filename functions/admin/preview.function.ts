import { app } from '@azure/functions';
import { previewRequestSchema } from '../../shared/contracts/preview.ts';
import { readCompiled } from '../../shared/rules/compiled.ts';
import { getApplication } from '../composition.ts';
import { preview } from '../sync/review/preview.ts';
import { answering, bodyOf } from './http-answer.ts';

app.http('preview', {
  route: 'preview',
  methods: ['POST'],
  authLevel: 'function',
  handler: answering(async (request) => {
    const { rules, samples } = await bodyOf(request, previewRequestSchema);
    const ruleSet = readCompiled(JSON.stringify(rules), 'the request');
    return { jsonBody: await preview(await getApplication(), ruleSet, samples) };
  }),
});
