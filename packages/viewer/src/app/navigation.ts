import { useEffect, useState } from 'preact/hooks';
import { hashOf, parseRoute, type Route } from './route.ts';

/** Returns the route of the page, which follows the URL. */
export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = (): void => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

type Known = Exclude<Route, { page: 'unknown' }>;

export function go(route: Known): void {
  location.hash = hashOf(route);
}

/** Changes the URL without another entry in the history: for what a user changes in small steps. */
export function adjust(route: Known): void {
  history.replaceState(null, '', hashOf(route));
  dispatchEvent(new HashChangeEvent('hashchange'));
}
