import { existsSync } from 'node:fs';
import { describe } from 'vitest';

const socket = process.env.COOPERBENCH_TEST_PODMAN ?? '/run/podman/podman.sock';
const isMissing = !existsSync(socket) && process.env.COOPERBENCH_REQUIRE_SERVICES !== '1';

/** The address of what test/start-podman.sh serves. */
export const podmanHost = `unix://${socket}`;

/** Tests that need Podman. Where it is missing, their name says why they are skipped, unless CI requires it. */
export function describePodman(name: string, body: () => void): void {
  const reason = isMissing ? ` (skipped: no ${socket}; see test/start-podman.sh)` : '';
  describe.skipIf(isMissing)(`${name}${reason}`, body);
}
