// Node.js runs TypeScript since 22.18. npm test checks it here first, because an older one fails with a message that says nothing.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Error: The tests need Node.js ${engines.node}; this is ${process.version}. Install a newer one, or add it to this package: npm install --save-dev node@24`,
  );
  process.exitCode = 1;
}
