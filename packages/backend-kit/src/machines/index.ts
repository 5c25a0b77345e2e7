export * from './boot-script.ts';
export * from './docker-machine.ts';
export * from './machine-backend.ts';
export * from './machines.ts';
export * from './options.ts';
export * from './ssh.ts';
