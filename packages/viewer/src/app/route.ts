/** A view of the page. It lives in the URL's hash, so that a link opens the same view, even in an export. */
export type Route =
  | { readonly page: 'runs' }
  | { readonly page: 'run'; readonly run: string; readonly state: State }
  | { readonly page: 'trial'; readonly run: string; readonly trial: string; readonly state: State }
  | { readonly page: 'report'; readonly run: string; readonly state: State }
  | { readonly page: 'search'; readonly run: string; readonly state: State }
  | { readonly page: 'compare'; readonly runs: readonly [string, string]; readonly state: State }
  | { readonly page: 'unknown'; readonly hash: string };

/** Filters, sorting, what is open. A key without a value is absent. */
export type State = Readonly<Record<string, string>>;

/** Reads a hash such as `#/run/demo?verdict=failed`. Never throws. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s);
  const state = Object.fromEntries(new URLSearchParams(query));
  const [page, ...parts] = path.split('/').map(decodePart);
  const [firstPart, secondPart] = parts;
  if (!page) return { page: 'runs' };
  if (page === 'run' && firstPart) return { page, run: firstPart, state };
  if ((page === 'report' || page === 'search') && firstPart) return { page, run: firstPart, state };
  if (page === 'trial' && firstPart && secondPart) return { page, run: firstPart, trial: secondPart, state };
  if (page === 'compare' && firstPart && secondPart) return { page, runs: [firstPart, secondPart], state };
  return { page: 'unknown', hash };
}

/** Returns the hash of a route. `parseRoute` reads it back. */
export function hashOf(route: Exclude<Route, { page: 'unknown' }>): string {
  switch (route.page) {
    case 'runs':
      return '#/';
    case 'run':
    case 'report':
    case 'search':
      return hash([route.page, route.run], route.state);
    case 'trial':
      return hash([route.page, route.run, route.trial], route.state);
    case 'compare':
      return hash([route.page, ...route.runs], route.state);
  }
}

/** Returns the state with some keys changed. Undefined and the empty string remove a key. */
export function withState(state: State, changes: Readonly<Record<string, string | undefined>>): State {
  return Object.fromEntries(
    Object.entries({ ...state, ...changes }).filter((entry): entry is [string, string] => !!entry[1]),
  );
}

function hash(parts: readonly string[], state: State): string {
  const query = new URLSearchParams(state).toString();
  return `#/${parts.map(encodeURIComponent).join('/')}${query && `?${query}`}`;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
