import { count } from '@cooperbench/command/figures';
import { useEffect, useMemo } from 'preact/hooks';
import type { Lane } from '../../data/model.ts';
import { formatPlainText } from '../parts/plain-text.ts';
import { Scroll } from '../parts/scroll.tsx';
import { Seat } from '../parts/verdict.tsx';
import { useVirtualRows } from '../parts/virtual.ts';
import { Outline } from './outline.tsx';
import { useMessages } from './slices.ts';
import { TrajectoryEntry } from './trajectory-entry.tsx';
import { buildTrajectoryRows, findRow, type Kind, kinds, listHiddenKinds } from './trajectory-rows.ts';
import type { View } from './view.ts';

/** The whole trajectory of a seat. Only what is in sight is fetched and drawn. */
export function TrajectoryTab({ view }: { readonly view: View }) {
  const { pair, seats, state, href } = view;
  const lane = pair.lanes.find(({ seat }) => seat === state.seat) ?? pair.lanes[0];
  return (
    <>
      {seats.length > 1 && (
        <nav class="sides" aria-label="Seats">
          {seats.map((seat) => (
            <a
              key={seat}
              href={href({ seat, entry: undefined })}
              aria-current={seat === lane?.seat ? 'true' : undefined}
            >
              <Seat name={seat} seats={seats} />
            </a>
          ))}
        </nav>
      )}
      {lane && <Entries key={`${lane.seat} ${state.hide} ${state.fold}`} view={view} lane={lane} />}
    </>
  );
}

function Entries({ view, lane }: { view: View; lane: Lane }) {
  const { pair, state, href } = view;
  const { trajectory } = lane;
  const hiddenRows = useMemo(() => listHiddenKinds(state.hide), [state.hide]);
  const rows = useMemo(
    () => buildTrajectoryRows(trajectory.roles, hiddenRows),
    [trajectory.roles, hiddenRows],
  );
  const { box, items, before, after, measure, scrollTo } = useVirtualRows(rows.length, 220);
  const { message, problem } = useMessages(
    pair,
    lane,
    items.flatMap(({ index }) => [...(rows[index]?.messages ?? []), ...(rows[index]?.results ?? [])]),
  );
  const wantedEntry = state.entry === undefined ? null : Number(state.entry);
  useEffect(() => {
    if (wantedEntry !== null && Number.isInteger(wantedEntry)) scrollTo(findRow(rows, wantedEntry));
  }, [wantedEntry, rows]);
  const trouble = trajectory.problem ?? problem;
  const draw = (index: number) => {
    const entry = message(index);
    if (!entry)
      return (
        <p class="placeholder loading" key={index}>
          Loading …
        </p>
      );
    return (
      <TrajectoryEntry
        key={index}
        entry={entry}
        isFolded={state.fold === 'yes'}
        hidesThought={hiddenRows.has('thoughts')}
      />
    );
  };
  return (
    <>
      <div class="filters">
        <span class="muted">
          {formatPlainText(trajectory.file)}: {count(trajectory.messages, 'message')},{' '}
          {formatSize(trajectory.bytes)}
        </span>
        <Kinds view={view} lane={lane} hidden={hiddenRows} />
      </div>
      {trouble && <p class="notice problem">{trouble}</p>}
      {trajectory.messages === 0 && !trouble && <p class="notice">No message yet.</p>}
      <div class="with-outline">
        {lane.steps.length > 0 && (
          <Outline lane={lane} wanted={wantedEntry} href={(entry) => href({ entry: String(entry) })} />
        )}
        <Scroll label={`Trajectory of ${lane.seat}`} kind="entries" box={box}>
          <div style={{ height: `${before}px` }} />
          {items.map(({ index, key }) => {
            const { messages = [], results = [] } = rows[index] ?? {};
            return (
              <div
                key={key}
                ref={measure}
                data-index={index}
                class={`row ${messages.length > 0 && results.length > 0 ? 'is-beside' : ''}`}
              >
                {messages.length > 0 && <div>{messages.map(draw)}</div>}
                {results.length > 0 && <div>{results.map(draw)}</div>}
              </div>
            );
          })}
          <div style={{ height: `${after}px` }} />
        </Scroll>
      </div>
    </>
  );
}

interface KindsProps {
  readonly view: View;
  readonly lane: Lane;
  readonly hidden: ReadonlySet<Kind>;
}

/** Which kinds of messages are shown, and whether outputs are folded. */
function Kinds({ view: { state, adjust }, lane, hidden }: KindsProps) {
  const offered = kinds.filter((kind) => kind !== 'other' || lane.trajectory.roles.includes('o'));
  const change = (kind: Kind, isShown: boolean): void => {
    const names = offered.filter((offeredKind) =>
      offeredKind === kind ? !isShown : hidden.has(offeredKind),
    );
    adjust({ hide: names.join(',') });
  };
  return (
    <>
      {offered.map((kind) => (
        <label class="tick" key={kind}>
          <input
            type="checkbox"
            checked={!hidden.has(kind)}
            onChange={(event) => change(kind, event.currentTarget.checked)}
          />
          <span>{kind}</span>
        </label>
      ))}
      <label class="tick">
        <input
          type="checkbox"
          checked={state.fold === 'yes'}
          onChange={(event) => adjust({ fold: event.currentTarget.checked ? 'yes' : undefined })}
        />
        <span>fold output</span>
      </label>
    </>
  );
}

function formatSize(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
