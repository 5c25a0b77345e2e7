import type Docker from 'dockerode';
import type { Endpoint } from '../connection/endpoint.ts';

/** What it takes to get images. */
export interface Workbench {
  readonly docker: Docker;
  readonly endpoint: Endpoint;
  /** Ends pulls and builds. */
  readonly signal: AbortSignal;
}
