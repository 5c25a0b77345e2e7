#!/usr/bin/env node
import * as module from 'node:module';

const args = process.argv.slice(2);
const manifest = module.createRequire(import.meta.url)('../package.json');
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Error: cooperbench needs Node ${manifest.engines.node}; this is ${process.version}.\n`,
  );
  process.exitCode = 2;
} else if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) {
  // Answered before oclif is loaded, which takes ten times as long.
  process.stdout.write(
    `${manifest.name}/${manifest.version} ${process.platform}-${process.arch} node-${process.version}\n`,
  );
} else {
  module.enableCompileCache();
  // What oclif says of an installed plugin that it cannot find is for its authors; our commands say it for users.
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) => {
    if (process.env.DEBUG || !/ Plugin: cooperbench$/.test(warning?.name)) emitWarning(warning, ...rest);
  };
  // Not awaited: Node warns of a wait that never ends when a reader such as `head` closes the pipe.
  import('@oclif/core/execute').then(({ execute }) => execute({ dir: import.meta.url }));
}
