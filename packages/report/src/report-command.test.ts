import { expect, test } from 'vitest';
import type { Section } from './report/section.ts';
import { ReportCommand } from './report-command.ts';

class Printed extends ReportCommand {
  readonly lines: string[] = [];

  override log(text = ''): void {
    this.lines.push(text);
  }

  async run(): Promise<void> {}

  async print(section: Section): Promise<string> {
    await this.buildSection(section);
    return this.lines.join('\n');
  }
}

test('no text of a section reaches the terminal as a control sequence: labels may have names of models', async () => {
  const hostile = '\u001b]0;owned\u0007coop\u202e';
  const section = { title: 'Rates', table: { head: [hostile], rows: [[hostile]], right: [] } };
  const text = await new Printed([], {} as never).print({ ...section, notes: [`Network of ${hostile}.`] });
  expect(text).toContain('  Network of coop\ufffd.');
  for (const never of ['\u001b', '\u0007', '\u202e']) expect(text).not.toContain(never);
});
