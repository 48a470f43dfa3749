/** An address of Azure Resource Manager. */
export function arm(path: string, version: string, query = ''): string {
  return `https://management.azure.com${path}?api-version=${version}${query === '' ? '' : `&${query}`}`;
}

/** An address of Microsoft Graph v1.0. */
export function graph(path: string): string {
  return `https://graph.microsoft.com/v1.0${path}`;
}
