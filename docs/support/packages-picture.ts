import { layers, packages } from '../../.ci/import-rules.ts';

interface Colours {
  readonly text: string;
  readonly dim: string;
  readonly line: string;
  readonly fill: string;
  readonly plugins: string;
}

const themes: Readonly<Record<string, Colours>> = {
  light: { text: '#1f2328', dim: '#59636e', line: '#d1d9e0', fill: '#f6f8fa', plugins: '#ddf4ff' },
  dark: { text: '#f0f6fc', dim: '#9198a1', line: '#3d444d', fill: '#151b23', plugins: '#121d2f' },
};

/** Returns what a user may leave out or replace. */
const isPlugin = (name: string): boolean =>
  /^(agent-(?!kit)|backend-(?!kit)|bus-|evaluator-|network-|settings)/.test(name);

/** Of the packages whose folders are no layers. */
const purposes: Readonly<Record<string, string>> = {
  records: "a run's files",
  'agent-kit': 'frameworks in a sandbox',
  'backend-kit': "a provider's sandboxes",
  command: 'what commands share',
  testing: 'contracts as tests, fakes',
  'dataset-tools': 'prepare, dataset',
  report: 'report, show',
  cli: 'run, eval, plugins, config',
  viewer: 'view',
};

const rowHeight = 68;
const left = 510;
const width = 860;
const font = 'font-family="system-ui, sans-serif"';

/** Returns the pictures of README, by their path: what each package may import, from the table that the linter enforces. */
export function packagesPictures(): [path: string, svg: string][] {
  return Object.entries(themes).map(([theme, colours]) => [
    `docs/pictures/packages-${theme}.svg`,
    drawPicture(colours),
  ]);
}

function drawPicture({ text, dim, line, fill, plugins }: Colours): string {
  const rows = buildLibraryRows();
  const height = 40 + rows.length * rowHeight + 16;
  const box = (x: number, y: number, w: number, h: number, colour: string): string =>
    `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="8" fill="${colour}" stroke="${line}"/>`;
  const words = (x: number, y: number, label: string, size = 15, colour = text, attributes = ''): string =>
    `<text x="${x}" y="${y}" ${font} font-size="${size}" fill="${colour}"${attributes}>${label}</text>`;
  const libraries = rows.flatMap((names, index) => {
    const y = 40 + (rows.length - 1 - index) * rowHeight;
    const innerLayers = names.length === 1 ? layers[names[0] ?? ''] : undefined;
    return [
      box(8, y, left - 16, rowHeight - 10, fill),
      words(24, y + 28, names.join(' · '), 15, text, ' font-weight="600"'),
      words(
        24,
        y + 48,
        innerLayers?.join(' › ') ?? names.map((name) => purposes[name] ?? '').join(' · '),
        11,
        dim,
      ),
    ];
  });
  const groups = listPluginGroups();
  const right = groups.flatMap(([title, names], index) => [
    words(left + 24, 72 + index * 46, title, 15, text, ' font-weight="600"'),
    words(left + 24, 91 + index * 46, names.join(', '), 12, dim),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="The packages of CooperBench">`,
    words(8, 24, 'Packages: each imports only those below it', 13, dim),
    words(left + 8, 24, 'Plugins: import core and a kit, never each other', 13, dim),
    ...libraries,
    box(left + 8, 40, width - left - 16, rows.length * rowHeight - 10, plugins),
    ...right,
    '</svg>\n',
  ].join('\n');
}

/** Builds the packages that are no plugins, lowest first. A row imports only from the rows before it. */
function buildLibraryRows(): string[][] {
  const rows: string[][] = [];
  let left = Object.keys(packages).filter((name) => !isPlugin(name));
  while (left.length > 0) {
    const lowerPackages = rows.flat();
    const row = left.filter((name) =>
      (packages[name] ?? []).every(
        (dependency) => isPlugin(dependency) || lowerPackages.includes(dependency),
      ),
    );
    if (row.length === 0) throw new Error(`These packages import each other: ${left.join(', ')}.`);
    rows.push(row);
    left = left.filter((name) => !row.includes(name));
  }
  return rows;
}

/** Plugins by kind: `agent` with `acp`, `cli` and so on. */
function listPluginGroups(): [title: string, names: readonly string[]][] {
  const groups = Map.groupBy(Object.keys(packages).filter(isPlugin), (name) => name.split('-')[0] ?? name);
  return [...groups].map(([kind, names]) => [
    kind,
    names.map((name) =>
      name === kind ? 'plan_execute, review, relay, team; tasks, …' : name.slice(kind.length + 1),
    ),
  ]);
}
