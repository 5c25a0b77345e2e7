import { parseArgs } from 'node:util';
import { agents } from './agents/agents.ts';
import { discovery } from './discovery/discovery.ts';
import { docker } from './docker/docker.ts';
import { durability } from './durability/durability.ts';
import { evaluation, warmEvaluation } from './evaluation/evaluation.ts';
import { type Benchmark, buildFigure } from './figure.ts';
import { gateway } from './gateway/gateway.ts';
import { gcp } from './gcp/gcp.ts';
import { hostileSeats } from './hostile-seats/hostile-seats.ts';
import { explainBusy } from './idle.ts';
import { message } from './message/message.ts';
import { modal } from './modal/modal.ts';
import { orchestration } from './orchestration/orchestration.ts';
import { parsers } from './parsers/parsers.ts';
import { phase } from './phase/phase.ts';
import { startUp } from './start-up/start-up.ts';
import { type Row, table } from './table.ts';
import { viewer } from './viewer/viewer.ts';

const benchmarks: readonly Benchmark[] = [
  startUp,
  discovery,
  gateway,
  durability,
  message,
  phase,
  parsers,
  evaluation,
  warmEvaluation,
  orchestration,
  hostileSeats,
  viewer,
  ...agents,
  docker,
  gcp,
  modal,
];

process.exitCode = await main(process.argv.slice(2));

/** Exit codes: 0 all figures hold, or with --when-idle the machine is busy; 1 a figure does not hold; 2 wrong usage. */
async function main(argv: readonly string[]): Promise<number> {
  let json: boolean;
  let whenIdle: boolean;
  let names: readonly string[];
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        json: { type: 'boolean', default: false },
        'when-idle': { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    json = values.json;
    whenIdle = values['when-idle'];
    names = positionals;
    checkNames(names);
  } catch (error) {
    process.stderr.write(`Error: ${(error as Error).message}\nusage: bench [NAME…] [--json] [--when-idle]\n`);
    return 2;
  }
  if (whenIdle && (await isBusy())) return 0;
  const rows: Row[] = [];
  for (const benchmark of benchmarks.filter((candidate) => isWanted(candidate, names))) {
    const missing = await benchmark.missing?.();
    if (missing !== undefined) {
      process.stderr.write(`Leaving out ${benchmark.name}: ${missing}\n`);
      continue;
    }
    for (const row of await measured(benchmark, names)) {
      rows.push(row);
      if (json) process.stdout.write(`${JSON.stringify(row.figure)}\n`);
    }
  }
  if (!json) process.stdout.write(`${table(rows)}\n`);
  if (rows.every(({ figure }) => figure.holds)) return 0;
  return whenIdle && (await isBusy()) ? 0 : 1;
}

async function isBusy(): Promise<boolean> {
  const busyReason = await explainBusy();
  if (busyReason !== undefined) process.stderr.write(`These figures say nothing: ${busyReason}.\n`);
  return busyReason !== undefined;
}

/** @throws Error when a name is neither a benchmark's nor a figure's. */
function checkNames(names: readonly string[]): void {
  const knownNames = benchmarks.flatMap(({ name, figures }) => [
    name,
    ...figures.map((figure) => figure.name),
  ]);
  const unknownName = names.find((name) => !knownNames.includes(name));
  if (unknownName === undefined) return;
  const list = benchmarks.map(
    ({ name, figures }) => `  ${name}: ${figures.map((figure) => figure.name).join(', ')}`,
  );
  throw new Error(
    `there is no benchmark or figure "${unknownName}". There are, with their figures:\n${list.join('\n')}`,
  );
}

function isWanted({ name, figures }: Benchmark, names: readonly string[]): boolean {
  return names.length === 0 || names.includes(name) || figures.some((figure) => names.includes(figure.name));
}

async function measured(benchmark: Benchmark, names: readonly string[]): Promise<Row[]> {
  const measuresAll = names.length === 0 || names.includes(benchmark.name);
  process.stderr.write(`Measuring ${benchmark.name} …\n`);
  const figureNames = benchmark.figures
    .map((figure) => figure.name)
    .filter((name) => measuresAll || names.includes(name));
  const measurements = await benchmark.measure(figureNames);
  return benchmark.figures.flatMap((bound, index) => {
    const measurement = measurements[index] ?? { value: Number.NaN, floor: Number.NaN };
    return figureNames.includes(bound.name) ? [{ bound, figure: buildFigure(bound, measurement) }] : [];
  });
}
