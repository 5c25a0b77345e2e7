export * from './account.ts';
export * from './faults.ts';
