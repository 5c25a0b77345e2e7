import { resolve } from 'node:path';
import { type AgentContext, AgentError, ConfigError, listValidationMessages } from '@cooperbench/core';
import { readYaml } from '../config/read-yaml.ts';
import { getScriptFile } from './name.ts';
import { type Script, type ScriptFile, scriptFileSchema } from './schema.ts';

/** Shown wherever results are, because they are not a model's. */
export function formatScriptNotice(model: string): string {
  return `No model is called: the turns are replayed from ${getScriptFile(model)}.`;
}

/** Loads the scripts in the file of a `scripted/<file>` model, YAML or JSON. @throws ConfigError `SCRIPT_FILE`. */
export async function loadScripts(model: string): Promise<readonly Script[]> {
  const path = resolve(getScriptFile(model));
  const value = await readYaml(path, 'SCRIPT_FILE', 'script');
  const problems = listValidationMessages(scriptFileSchema, value);
  if (problems.length > 0)
    throw new ConfigError('SCRIPT_FILE', `The script ${path} is not valid:\n  ${problems.join('\n  ')}`, {
      hint: 'docs/guide/agents.md describes its format.',
    });
  return (value as ScriptFile).scripts;
}

type ScriptedSeat = Pick<AgentContext, 'model' | 'seat' | 'phase' | 'features' | 'trial'>;

/** Finds the first script that matches this seat. @throws AgentError `SCRIPT_NO_MATCH`. */
export function findScriptFor(scripts: readonly Script[], seat: ScriptedSeat): Script {
  const [setting, repo, taskId] = seat.trial.split('/');
  const task = `${repo}/task${taskId}`;
  const script = scripts.find(
    ({ match = {} }) =>
      (match.setting ?? setting) === setting &&
      (match.seat ?? seat.seat) === seat.seat &&
      (match.phase ?? seat.phase) === seat.phase &&
      (match.task ?? task) === task &&
      (match.features === undefined || sameNumbers(match.features, seat.features)),
  );
  if (script !== undefined) return script;
  const phaseText = seat.phase === undefined ? '' : ` in the phase ${seat.phase}`;
  const features = seat.features.length === 0 ? 'no features' : `features ${seat.features.join(', ')}`;
  throw new AgentError(
    'SCRIPT_NO_MATCH',
    `${getScriptFile(seat.model)} has no script for ${seat.seat}${phaseText} on ${task} with ${features}.`,
    { hint: 'Add one with that match, or a last one without `match`.' },
  );
}

function sameNumbers(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value) => right.includes(value));
}
