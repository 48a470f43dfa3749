import { createRequire } from 'node:module';

/** Microsoft's own parser of KQL, as far as it is used here. It was translated from C# and puts itself into the global scope. */
interface KustoLanguage {
  readonly Symbols: {
    readonly TableSymbol: { From(schema: string): { WithName(name: string): unknown } };
    readonly DatabaseSymbol: { readonly ctor: new (name: string, tables: readonly unknown[]) => unknown };
  };
  readonly GlobalState: { readonly Default: { WithDatabase(database: unknown): unknown } };
  readonly KustoCode: {
    ParseAndAnalyze(text: string, globals: unknown): { GetDiagnostics(): Diagnostics };
  };
}
interface Diagnostics {
  readonly Count: number;
  getItem(index: number): { readonly Message: string; readonly Start: number };
}

const load = createRequire(import.meta.url);
load('@kusto/language-service-next/bridge.js');
load('@kusto/language-service-next/Kusto.Language.Bridge.js');
const { Language } = (globalThis as unknown as { readonly Kusto: { readonly Language: KustoLanguage } }).Kusto;

/** Tables of Azure Monitor that queries ask, with the columns that the reference lists ("Azure Monitor table reference"). */
const tables: Readonly<Record<string, string>> = {
  AppTraces:
    'TenantId: string, TimeGenerated: datetime, Message: string, SeverityLevel: int, Properties: dynamic, Measurements: dynamic, OperationName: string, OperationId: string, ParentId: string, SyntheticSource: string, SessionId: string, UserId: string, UserAuthenticatedId: string, UserAccountId: string, AppVersion: string, AppRoleName: string, AppRoleInstance: string, ClientType: string, ClientModel: string, ClientOS: string, ClientIP: string, ClientCity: string, ClientStateOrProvince: string, ClientCountryOrRegion: string, ClientBrowser: string, ResourceGUID: string, IKey: string, SDKVersion: string, ItemCount: int, ReferencedItemId: string, ReferencedType: string, SourceSystem: string, Type: string, _ResourceId: string',
  AppExceptions:
    'TenantId: string, TimeGenerated: datetime, ProblemId: string, HandledAt: string, ExceptionType: string, Assembly: string, Method: string, OuterType: string, OuterMessage: string, OuterAssembly: string, OuterMethod: string, InnermostType: string, InnermostMessage: string, InnermostAssembly: string, InnermostMethod: string, SeverityLevel: int, Details: dynamic, Properties: dynamic, Measurements: dynamic, OperationName: string, OperationId: string, AppRoleName: string, AppRoleInstance: string, ItemCount: int, Type: string, _ResourceId: string',
  AzureMetrics:
    'TenantId: string, TimeGenerated: datetime, ResourceId: string, OperationName: string, ResultType: string, ResultSignature: string, ResultDescription: string, DurationMs: long, CallerIpAddress: string, CorrelationId: string, Resource: string, ResourceGroup: string, ResourceProvider: string, SubscriptionId: string, MetricName: string, Total: real, Count: real, Maximum: real, Minimum: real, Average: real, TimeGrain: string, UnitName: string, RemoteIPCountry: string, SourceSystem: string, Type: string, _ResourceId: string',
};

const globals = Language.GlobalState.Default.WithDatabase(
  new Language.Symbols.DatabaseSymbol.ctor(
    'workspace',
    Object.entries(tables).map(([name, columns]) => Language.Symbols.TableSymbol.From(`(${columns})`).WithName(name)),
  ),
);

/** What is wrong with a query, by syntax and by the tables that it asks. */
export function queryProblems(query: string): readonly string[] {
  const found = Language.KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, n) => {
    const { Message, Start } = found.getItem(n);
    return `at ${Start}: ${Message}`;
  });
}
