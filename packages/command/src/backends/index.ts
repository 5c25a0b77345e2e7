/** The backends that commands create, check and choose. */
export { asDisposable, createClosingBackend } from '../base/closing.ts';
export { checkBackend } from './check-backend.ts';
export {
  findFirstReadyBackend,
  withEvaluationBackend,
  withRunBackend,
  withRunBackends,
} from './default-backend.ts';
