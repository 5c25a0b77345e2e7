/** The backends that commands create, check and choose. */
export { asDisposable, createClosingBackend as closingBackend } from '../base/closing.ts';
export { checkBackend } from './check-backend.ts';
export {
  findFirstReadyBackend as firstReadyBackend,
  withEvaluationBackend,
  withRunBackend,
  withRunBackends,
} from './default-backend.ts';
