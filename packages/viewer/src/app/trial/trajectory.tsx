import { count } from '@cooperbench/command/figures';
import { useEffect } from 'preact/hooks';
import type { Lane } from '../../data/model.ts';
import { plainText } from '../parts/plain-text.ts';
import { Scroll } from '../parts/scroll.tsx';
import { Seat } from '../parts/verdict.tsx';
import { useVirtualRows } from '../parts/virtual.ts';
import { useMessages } from './slices.ts';
import { TrajectoryEntry } from './trajectory-entry.tsx';
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
      {lane && <Entries key={lane.seat} view={view} lane={lane} />}
    </>
  );
}

function Entries({ view: { pair, state }, lane }: { view: View; lane: Lane }) {
  const { trajectory } = lane;
  const { box, items, before, after, measure, scrollTo } = useVirtualRows(trajectory.messages, 180);
  const { message, problem } = useMessages(
    pair,
    lane,
    items.map(({ index }) => index),
  );
  const wanted = state.entry === undefined ? null : Number(state.entry);
  useEffect(() => {
    if (wanted !== null && Number.isInteger(wanted)) scrollTo(wanted);
  }, [wanted]);
  const trouble = trajectory.problem ?? problem;
  return (
    <>
      <p class="muted">
        {plainText(trajectory.file)}: {count(trajectory.messages, 'message')}, {size(trajectory.bytes)}
      </p>
      {trouble && <p class="notice problem">{trouble}</p>}
      {trajectory.messages === 0 && !trouble && <p class="notice">No message yet.</p>}
      <Scroll label={`Trajectory of ${lane.seat}`} kind="entries" box={box}>
        <div style={{ height: `${before}px` }} />
        {items.map(({ index, key }) => {
          const entry = message(index);
          return (
            <div key={key} ref={measure} data-index={index} class="row">
              {entry ? <TrajectoryEntry entry={entry} /> : <p class="placeholder loading">Loading …</p>}
            </div>
          );
        })}
        <div style={{ height: `${after}px` }} />
      </Scroll>
    </>
  );
}

function size(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
