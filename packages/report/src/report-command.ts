import { BaseCommand } from '@cooperbench/command';
import type { Section } from './report/section.ts';

/** The base of commands that print sections of a report. */
export abstract class ReportCommand extends BaseCommand {
  protected async buildSection({ title, table: { head, rows, right }, notes }: Section): Promise<void> {
    const { formatOneLine } = await import('./formats/safe.ts');
    this.log(title);
    await this.table(rows, { head, right, indent: '  ' });
    for (const note of notes) await this.say(`  ${formatOneLine(note)}`);
  }
}
