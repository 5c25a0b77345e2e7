/** The backends that commands create, check and choose. */
export { closing, closingBackend } from '../base/closing.ts';
export { checkBackend } from './check-backend.ts';
export { withEvaluationBackend, withRunBackend } from './default-backend.ts';
