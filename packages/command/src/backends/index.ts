/** The backends that commands create, check and choose. */
export { asDisposable, closingBackend } from '../base/closing.ts';
export { checkBackend } from './check-backend.ts';
export {
  firstReadyBackend,
  withEvaluationBackend,
  withRunBackend,
  withRunBackends,
} from './default-backend.ts';
