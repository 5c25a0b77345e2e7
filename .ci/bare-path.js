/**
 * Fills a folder with links to what the two commands of the README may use, and nothing else: Node.js with npm and npx, git,
 * sh, and the programs of Debian's package coreutils. As the only folder on PATH, it makes this machine a bare one.
 * `node .ci/bare-path.js FOLDER` prints the links. It runs on Node.js 20, before anything is installed.
 */
import { accessSync, constants, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

const coreutils =
  `[ arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm cp csplit cut date dd
  df dir dircolors dirname du echo env expand expr factor false fmt fold groups head hostid id install join link ln logname
  ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr printenv printf ptx pwd
  readlink realpath rm rmdir runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat
  stdbuf stty sum sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users vdir wc
  who whoami yes`.split(/\s+/);

/** Makes the folder. `node` is the Node.js that it gets. Resolves each name as a shell does, and leaves out what is missing. */
export function linkBareTools(folder, node) {
  mkdirSync(folder, { recursive: true });
  const folders = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute);
  symlinkSync(node, join(folder, 'node'));
  return ['npm', 'npx', 'git', 'sh', ...coreutils].filter((name) => {
    const found = folders.map((one) => join(one, name)).find(isExecutable);
    if (found !== undefined) symlinkSync(found, join(folder, name));
    return found !== undefined;
  });
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

if (import.meta.filename === process.argv[1]) {
  const [folder = ''] = process.argv.slice(2);
  if (folder === '') throw new Error('Usage: node .ci/bare-path.js FOLDER');
  process.stdout.write(`node ${linkBareTools(folder, process.execPath).join(' ')}\n`);
}
