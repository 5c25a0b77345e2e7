import { useEffect, useRef } from 'preact/hooks';
import { useRoute } from './navigation.ts';
import { ComparePage } from './pages/compare.tsx';
import { ReportPage } from './pages/report.tsx';
import { RunPage } from './pages/run.tsx';
import { RunsPage } from './pages/runs.tsx';
import { SearchPage } from './pages/search.tsx';
import { buildTableState } from './pages/table-order.ts';
import { Help } from './parts/help.tsx';
import { keepScroll } from './parts/kept-scroll.ts';
import { ThemeButton } from './parts/theme.tsx';
import { hashOf, type Route } from './route.ts';
import { TrialPage } from './trial/trial-page.tsx';

export function App() {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  useEffect(() => (main.current ? keepScroll(main.current, 'page') : undefined), [route]);
  useEffect(() => {
    document.title = getTitle(route);
  }, [route]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <nav aria-label="Place">
          <a class="home" href={hashOf({ page: 'runs' })}>
            CooperBench
          </a>
          <Crumbs route={route} />
        </nav>
        <Help />
        <ThemeButton />
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        <Page route={route} />
      </main>
    </>
  );
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'runs':
      return <RunsPage />;
    case 'run':
      return <RunPage key={route.run} run={route.run} state={route.state} />;
    case 'trial':
      return (
        <TrialPage
          key={`${route.run} ${route.trial}`}
          run={route.run}
          trial={route.trial}
          state={route.state}
        />
      );
    case 'report':
      return <ReportPage key={route.run} run={route.run} />;
    case 'search':
      return <SearchPage key={route.run} run={route.run} state={route.state} />;
    case 'compare':
      return <ComparePage key={route.runs.join(' ')} runs={route.runs} state={route.state} />;
    case 'unknown':
      return (
        <div class="page">
          <h1>Nothing here</h1>
          <p>
            This link leads to no page. <a href={hashOf({ page: 'runs' })}>All runs</a>
          </p>
        </div>
      );
  }
}

function Crumbs({ route }: { readonly route: Route }) {
  if (route.page === 'runs' || route.page === 'unknown') return null;
  if (route.page === 'compare') {
    const { runs, state } = route;
    return (
      <>
        <a href={hashOf({ page: 'compare', runs, state: {} })}>
          {runs[0]} and {runs[1]}
        </a>
        {state.one && <span class="crumb">{state.one}</span>}
      </>
    );
  }
  return (
    <>
      <a href={hashOf({ page: 'run', run: route.run, state: buildTableState(route.run) })}>{route.run}</a>
      {route.page === 'trial' && <span class="crumb">{route.trial}</span>}
      {route.page === 'report' && <span class="crumb">Report</span>}
      {route.page === 'search' && <span class="crumb">Search</span>}
    </>
  );
}

function getTitle(route: Route): string {
  switch (route.page) {
    case 'trial':
      return [route.state.tab, route.trial, route.run].filter(Boolean).join(' · ');
    case 'run':
      return `${route.run} · CooperBench`;
    case 'report':
      return `Report · ${route.run} · CooperBench`;
    case 'search':
      return `${route.state.text ?? 'Search'} · ${route.run} · CooperBench`;
    case 'compare':
      return `${route.runs.join(' and ')} · CooperBench`;
    case 'runs':
      return 'Runs · CooperBench';
    case 'unknown':
      return 'Nothing here · CooperBench';
  }
}
