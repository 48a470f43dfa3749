import { describe, expect, it } from 'vitest';
import { parseHostConfig } from '../../sandbox/functions-host/host-config.ts';

describe('host.json', () => {
  it('has the documented defaults', () => {
    expect(parseHostConfig({ version: '2.0' }).extensions).toMatchObject({
      http: { routePrefix: 'api' },
      serviceBus: { autoCompleteMessages: true, maxConcurrentSessions: 8, maxAutoLockRenewalDuration: 300_000 },
      durableTask: { hubName: 'TestHubName' },
    });
  });

  it('gives durations in milliseconds', () => {
    const extensions = { serviceBus: { sessionIdleTimeout: '00:01:30.5', maxAutoLockRenewalDuration: '1.00:00:00' } };
    expect(parseHostConfig({ version: '2.0', extensions }).extensions.serviceBus).toMatchObject({
      sessionIdleTimeout: 90_500,
      maxAutoLockRenewalDuration: 86_400_000,
    });
  });

  it('names the field that makes no sense', () => {
    const extensions = { serviceBus: { sessionIdleTimeout: 'soon' } };
    expect(() => parseHostConfig({ version: '2.0', extensions })).toThrow('sessionIdleTimeout');
  });
});
