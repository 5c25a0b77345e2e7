import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './markdown.ts';

interface Section {
  readonly title: string;
  readonly text: string;
  /** Below core's sources, without the ending. */
  readonly files: readonly string[];
  readonly entry?: 'testing/index' | 'backend' | 'host';
}

const sections: readonly Section[] = [
  {
    title: 'Plugin',
    text: 'The default export of a plugin package, and helpers to write it.',
    files: ['contracts/plugin', 'contracts/json-schema', 'plugins/define', 'plugins/options'],
  },
  {
    title: 'Backend',
    text: 'Makes sandboxes. [Writing a backend](../guide/writing-a-backend.md).',
    files: ['contracts/backend', 'contracts/sandbox-spec', 'contracts/workspace', 'contracts/cancellable'],
  },
  {
    title: 'Helpers for backends',
    text: 'From `@cooperbench/core/backend`. `Sandboxes` turns a driver into a backend. The other helpers are for drivers.',
    entry: 'backend',
    files: [
      'sandbox/job-stream',
      'sandbox/run-jobs',
      'sandbox/driver',
      'sandbox/sandboxes',
      'sandbox/sandbox-from',
      'sandbox/child-process',
      'sandbox/buffered-input',
      'sandbox/explained-output',
      'sandbox/shell-command',
      'sandbox/provider-errors',
      'async/once',
      'async/once-per-key',
      'async/until-aborted',
      'sandbox/container-rules',
      'sandbox/lifetime',
      'sandbox/layers',
      'sandbox/image-progress',
      'sandbox/obtained-images',
      'sandbox/dockerfile-steps',
      'sandbox/task-sources',
      'records/owner',
      'sandbox/leftovers',
      'sandbox/plain-labels',
    ],
  },
  {
    title: 'Agent',
    text: 'Works on a seat. [Writing an agent](../guide/writing-an-agent.md).',
    files: ['contracts/agent', 'sandbox/command', 'sandbox/lines', 'async/deadline'],
  },
  {
    title: 'Setting',
    text: 'Assigns features to seats and decides what is submitted. [Writing a setting](../guide/writing-a-setting.md).',
    files: ['contracts/setting'],
  },
  {
    title: 'Channel',
    text: 'Adds commands to the sandboxes of all seats. The host answers them. [Writing a channel](../guide/writing-a-channel.md).',
    files: ['contracts/channel'],
  },
  {
    title: 'Message bus',
    text: 'Carries messages between seats. [Writing a bus](../guide/writing-a-bus.md).',
    files: ['contracts/bus'],
  },
  {
    title: 'Evaluator',
    text: 'Gives verdicts on submissions. [Writing an evaluator](../guide/writing-an-evaluator.md).',
    files: [
      'contracts/evaluator',
      'contracts/evaluation',
      'contracts/jobs',
      'evaluation/jobs',
      'evaluation/program',
      'evaluation/judge',
      'evaluation/parsers/index',
      'async/each-at-once',
      'contracts/task',
    ],
  },
  {
    title: 'Merge policy',
    text: 'Resolves patches that do not merge cleanly.',
    files: ['contracts/merge-policy'],
  },
  {
    title: 'Events',
    text: 'From `@cooperbench/core/host`. Everything that a run reports.',
    entry: 'host',
    files: ['contracts/events'],
  },
  {
    title: 'Errors',
    text: 'The errors that plugins throw. [Codes](errors.md).',
    files: ['contracts/errors'],
  },
  {
    title: 'Testing',
    text: 'From `@cooperbench/testing`: contracts as data, for any test runner, and fakes.',
    entry: 'testing/index',
    files: [
      'testing/backend-contract',
      'testing/backend-subject',
      'testing/bus-contract',
      'testing/setting-contract',
      'testing/channel-contract',
      'testing/agent-contract',
      'testing/known-failures',
      'testing/fake-seat',
      'testing/scripted-model',
      'testing/host-sandbox',
      'testing/host-backend',
      'testing/backend-faults',
      'testing/shell-task',
    ],
  },
];

/** The reference page of core's API for plugin authors, from the declarations that `tsc -b` wrote. */
export function pluginApiPage(): string {
  const page = [
    '# Plugin API',
    '`node docs/generate.ts` generates this page from the types. `@cooperbench/core` exports everything on it, except where a section says otherwise. [Contracts](contracts.md) has the rules that all contracts share.',
    ...sections.map(
      ({ title, text, files, entry = 'index' }) =>
        `## ${title}\n\n${text}\n\n\`\`\`typescript\n${files.flatMap((file) => declarations(file, entry)).join('\n\n')}\n\`\`\``,
    ),
  ];
  return formatted(`${page.join('\n\n')}\n`);
}

/** Formats the page, because the compiler does not wrap lines. */
function formatted(page: string): string {
  const biome = join(root, 'node_modules/.bin/biome');
  const args = ['format', '--stdin-file-path=docs/reference/plugin-api.md'];
  return execFileSync(biome, args, { cwd: root, input: page, encoding: 'utf8' });
}

/** Where a declaration begins: with its comment, or without one. */
const starts =
  /^(?=\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?:export|declare|interface|type)\b)|^(?<!\*\/\n)(?=(?:import|export|declare|interface|type)\b)/m;

/** A file's declarations with their comments, without those that the file exports and the package's entry does not. */
function declarations(file: string, entry: string): string[] {
  const text = declared(file).replaceAll(/^( {4})+/gm, (indent) => indent.slice(indent.length / 2));
  const exported = exportsOf(entry, file);
  const kept = text.split(starts).filter((one) => {
    const [, outside, name] =
      /^(export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const) (\w+)/m.exec(one) ?? [];
    if (name === undefined || /^declare/m.test(one)) return false;
    return outside === undefined || exported === 'all' || exported.includes(name);
  });
  if (kept.length === 0) throw new Error(`${entry} exports nothing of ${file}`);
  return kept.map((one) => one.replace(/^\/\/#.*\n?/gm, '').trim());
}

function exportsOf(entry: string, file: string): readonly string[] | 'all' {
  const from = entry !== 'testing/index' ? `./${file}.ts` : `./${file.replace(/^.*\//, '')}.ts`;
  const [, names] =
    new RegExp(`^export (?:type )?(\\*|\\{[^}]*\\}) from '${from.replaceAll('.', '\\.')}'`, 'm').exec(
      declared(entry),
    ) ?? [];
  if (names === undefined) throw new Error(`${entry} exports nothing of ${file}`);
  return names === '*' ? 'all' : [...names.matchAll(/(\w+)(?=\s*[,}])/g)].map(([, name = '']) => name);
}

function declared(file: string): string {
  return readFileSync(join(root, 'packages/core/dist', `${file}.d.ts`), 'utf8');
}
