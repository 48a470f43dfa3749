/**
 * The shapes that cross the line between the Functions host and its language worker (FunctionRpc.proto), as
 * `@azure/functions` sees them: only the fields that this host sets or reads.
 */

/** One value on the wire; exactly one field is set, none for "no value". */
export interface TypedData {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  int?: number;
  double?: number;
  http?: RpcHttp;
  collectionString?: { string: string[] };
  collectionBytes?: { bytes: Uint8Array[] };
}

/** An HTTP request (method, url, nullable maps) or response (statusCode, headers, cookies) on the wire. */
export interface RpcHttp {
  method?: string;
  url?: string;
  nullableHeaders?: Record<string, { value: string }>;
  nullableQuery?: Record<string, { value: string }>;
  nullableParams?: Record<string, { value: string }>;
  statusCode?: string;
  headers?: Record<string, string>;
  cookies?: RpcCookie[];
  body?: TypedData | null;
}

/** A cookie of a response; times in `expires` are protobuf timestamps. */
export interface RpcCookie {
  name: string;
  value: string;
  domain?: { value: string };
  path?: { value: string };
  expires?: { value: { seconds: number } };
  secure?: { value: boolean };
  httpOnly?: { value: boolean };
  sameSite?: string;
  maxAge?: { value: number };
}

/** A binding of a function as registered: its type, direction, and whatever its kind adds. */
export interface BindingInfo {
  readonly type: string;
  readonly direction?: 'in' | 'out';
  readonly [property: string]: unknown;
}

/** The retry policy of a registration. Delays are in seconds: the SDK rounds them (`toRpcDuration`). */
export interface RetryOptions {
  readonly retryStrategy?: 'fixedDelay' | 'exponentialBackoff';
  readonly maxRetryCount?: number;
  readonly delayInterval?: { seconds: number };
  readonly minimumInterval?: { seconds: number };
  readonly maximumInterval?: { seconds: number };
}

/** What `registerFunction` receives. */
export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, BindingInfo>>;
  readonly retryOptions?: RetryOptions;
}

/** Which attempt of the host's retry policy an invocation is. */
export interface RetryContext {
  retryCount: number;
  maxRetryCount: number;
  exception?: { message: string; stackTrace?: string; source?: string };
}

/** The host's half of an invocation. */
export interface InvocationRequest {
  readonly invocationId: string;
  readonly inputData: readonly { name: string; data: TypedData }[];
  readonly triggerMetadata?: Record<string, TypedData>;
  readonly retryContext?: RetryContext;
  readonly traceContext?: { traceParent: string; traceState?: string };
}

/** The worker's half: the output bindings that were set, and the return value. */
export interface InvocationResponse {
  readonly invocationId: string;
  readonly outputData?: readonly { name: string; data: TypedData }[];
  readonly returnValue?: TypedData | null;
}

/** The value that a TypedData carries, the way the host's bindings read it: JSON parsed, text kept, bytes as a Buffer. */
export function typedValue(data: TypedData | null | undefined): unknown {
  if (!data) return undefined;
  if (data.string !== undefined) return data.string;
  if (data.json !== undefined) return JSON.parse(data.json) as unknown;
  if (data.bytes !== undefined) return Buffer.from(data.bytes);
  if (data.int !== undefined) return data.int;
  if (data.double !== undefined) return data.double;
  if (data.collectionString) return data.collectionString.string;
  if (data.collectionBytes) return data.collectionBytes.bytes.map((bytes) => Buffer.from(bytes));
  return undefined;
}
