import tests from '@cooperbench/evaluator-tests';
import { type Container, createContainer } from '../container.ts';

/** Returns a container with these plugins and the evaluator `tests`, which is a plugin of its own. */
export function evaluatingContainer(
  ...[plugins = [], others]: Parameters<typeof createContainer>
): Container {
  return createContainer([tests(), ...plugins], others);
}
