/** Where a host's durable API can be reached. */
export interface DurableEndpoints {
  readonly hubName: string;
  /** `http://127.0.0.1:<port>` of the public front. */
  readonly baseUrl: string;
  /** `http://127.0.0.1:<port>/durabletask/` of the local RPC endpoint. */
  readonly rpcUrl: string;
  /** The system key that the webhooks ask for. */
  readonly systemKey: string;
}

/** The prefix of the public webhooks. */
export const webhookPath = '/runtime/webhooks/durabletask';

function query(endpoints: DurableEndpoints): string {
  return `taskHub=${endpoints.hubName}&connection=Storage&code=${endpoints.systemKey}`;
}

/** The URLs with which an instance can be managed. */
export function managementUrls(endpoints: DurableEndpoints, id: string): Record<string, string> {
  const at = `${endpoints.baseUrl}${webhookPath}/instances/${id}`;
  const end = query(endpoints);
  return {
    id,
    statusQueryGetUri: `${at}?${end}`,
    sendEventPostUri: `${at}/raiseEvent/{eventName}?${end}`,
    terminatePostUri: `${at}/terminate?reason={text}&${end}`,
    rewindPostUri: `${at}/rewind?reason={text}&${end}`,
    purgeHistoryDeleteUri: `${at}?${end}`,
    restartPostUri: `${at}/restart?${end}`,
    suspendPostUri: `${at}/suspend?reason={text}&${end}`,
    resumePostUri: `${at}/resume?reason={text}&${end}`,
  };
}

/** The value of a `durableClient` input binding, JSON text. */
export function durableClientInput(endpoints: DurableEndpoints): string {
  const { hubName, baseUrl, rpcUrl, systemKey } = endpoints;
  const create = `${baseUrl}${webhookPath}/orchestrators/{functionName}[/{instanceId}]`;
  const requiredQueryStringParameters = `code=${systemKey}`;
  return JSON.stringify({
    taskHubName: hubName,
    connectionName: 'Storage',
    creationUrls: {
      createNewInstancePostUri: `${create}?${requiredQueryStringParameters}`,
      createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${requiredQueryStringParameters}`,
    },
    managementUrls: managementUrls(endpoints, 'INSTANCEID'),
    baseUrl: `${baseUrl}${webhookPath}`,
    requiredQueryStringParameters,
    rpcBaseUrl: rpcUrl,
    httpBaseUrl: `${baseUrl}${webhookPath}`,
  });
}
