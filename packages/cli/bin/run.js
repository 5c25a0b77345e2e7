#!/usr/bin/env node
import * as module from 'node:module';
import * as os from 'node:os';

const args = process.argv.slice(2);

/** Nobody reads the rest of the output: the reader closed the pipe, or the disk that holds it is full. */
let outputEnded = false;
process.stdout.on('error', (error) => {
  if (!outputEnded && error.code !== 'EPIPE') {
    process.stderr.write(
      `Error: Standard output cannot be written: ${error.message}\nThe rest of it is lost. The command itself goes on.\n`,
    );
    process.once('exit', (code) => {
      if (code === 0) process.exitCode = 1;
    });
  }
  outputEnded = true;
  // oclif throws every other error.
  error.code = 'EPIPE';
});
process.stderr.on('error', () => {});

const manifest = module.createRequire(import.meta.url)('../package.json');
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Error: cooperbench needs Node.js ${manifest.engines.node}; this is ${process.version}. Install a newer one, or add it to a project: npm install --save-dev node@24\n`,
  );
  process.exitCode = 2;
} else if (args.length === 1 && (args[0] === '--version' || args[0] === '-v')) {
  // Answered before oclif is loaded, which takes ten times as long.
  process.stdout.write(
    `${manifest.name}/${manifest.version} ${process.platform}-${process.arch} node-${process.version}\n`,
  );
} else if (!hasHome()) {
  process.stderr.write(
    `Error: This user (ID ${process.getuid()}) has no home directory: HOME is not set, and /etc/passwd has no entry for it. Set HOME to a directory that only this user may write to.\n`,
  );
  process.exitCode = 2;
} else {
  module.enableCompileCache();
  // A command of a plugin extends the base class of this command, not that of a copy beside the plugin. An installed plugin has
  // no copy of core, and gets that of this command.
  module.registerHooks({
    resolve(specifier, context, next) {
      const here = { ...context, parentURL: import.meta.url };
      if (/^@cooperbench\/command(\/|$)/.test(specifier)) return next(specifier, here);
      try {
        return next(specifier, context);
      } catch (error) {
        if (/^@cooperbench\/core(\/|$)/.test(specifier)) return next(specifier, here);
        throw error;
      }
    },
  });
  // oclif runs the compiled commands of a linked plugin. Otherwise it would look for sources first, and warn at every start.
  globalThis.oclif = { enableAutoTranspile: false };
  // What oclif says of an installed plugin that it cannot find is for its authors; our commands say it for users.
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) => {
    if (process.env.DEBUG || !/ Plugin: cooperbench$/.test(warning?.name)) emitWarning(warning, ...rest);
  };
  let finished = false;
  process.once('exit', (code) => {
    if (finished || code !== 0) return;
    process.stderr.write(
      'Error: cooperbench exited early.\nA plugin or a configuration file ended the process, or never finished its work. Disable plugins one at a time to find it.\n',
    );
    process.exitCode = 1;
  });
  const end = () => {
    finished = true;
  };
  // Not awaited: Node warns of a wait that never ends when a reader such as `head` closes the pipe.
  Promise.all([import('@oclif/core/run'), import('@oclif/core/flush'), import('@oclif/core/handle')]).then(
    ([{ run }, { flush }, { handle }]) =>
      run(args, import.meta.url)
        .finally(end)
        // oclif would wait for a reader that is gone.
        .then(() => (outputEnded ? process.exit() : flush()))
        // What a plugin left open must not keep a command that is done.
        .then(() => setTimeout(() => process.stdout.writableLength === 0 && process.exit(), 1000).unref())
        .catch(handle),
  );
}

/** Also names a shell where the user has no entry in /etc/passwd, as in a container with `--user`: oclif would fail there. */
function hasHome() {
  try {
    os.userInfo();
  } catch {
    process.env.SHELL ??= 'sh';
  }
  try {
    return os.homedir() !== '';
  } catch {
    return false;
  }
}
