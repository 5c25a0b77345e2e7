import { BaseCommand } from '../../base/base-command.ts';
import type { Shown } from '../../config/show.ts';
import Run from '../run.ts';

const { 'dry-run': _, force: __, experiment: ___, ...flags } = Run.flags;

export default class ConfigShow extends BaseCommand {
  static override summary = 'Show what is configured, and where each value came from.';
  static override description = 'Takes the flags of run, so that a command can be tried. Secrets are masked.';
  static override examples = [
    '<%= config.bin %> config show',
    '<%= config.bin %> config show --profile overnight -m gpt-4o',
  ];
  static override flags = flags;

  async run(): Promise<object> {
    const parsed = await this.parse(ConfigShow);
    const { shownSettings } = await import('../../config/show.ts');
    const { sources, profile, experiments } = parsed.configuration;
    const settings = shownSettings(parsed, ConfigShow.flags);
    this.log(`Files: ${sources.map(({ name }) => name).join(', ') || 'none'}`);
    if (profile !== undefined) this.log(`Profile: ${profile}`);
    if (experiments.size > 0) this.log(`Experiments: ${[...experiments.keys()].join(', ')}`);
    this.log('');
    for (const line of linesOf(settings)) this.log(line);
    return {
      files: sources.map(({ path, sha256 }) => ({ path, sha256 })),
      profile: profile ?? null,
      experiments: [...experiments.keys()],
      settings,
    };
  }
}

function linesOf(settings: readonly Shown[]): string[] {
  const rows = settings.map(({ key, value, from }) => [key, textOf(value), from]);
  const width = (column: number): number => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  return rows.map(
    ([key = '', value = '', from]) => `${key.padEnd(width(0))}  ${value.padEnd(width(1))}  ${from}`,
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
