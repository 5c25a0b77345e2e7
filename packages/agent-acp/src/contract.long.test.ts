import { agentContractInPair } from '@cooperbench/testing';
import { frameworkContract } from '@cooperbench/testing/frameworks';
import { describe, test } from 'vitest';
import { fakeProgram, programFolder } from './fake-program.test.support.ts';
import { acpSubject, shell } from './subject.test.support.ts';

const program = fakeProgram(programFolder());

describe.for([
  ['that gets messages after its turn', program, frameworkContract],
  // It differs in how messages reach it.
  ['that takes prompts while it works', { ...program, concurrentPrompts: true }, agentContractInPair],
] as const)('a program %s', ([, one, contract]) => {
  const subject = acpSubject(one, { agent: 'acp', model: 'gpt-4o', shell });
  test.for(contract)('$name', (case_) => case_.check(subject));
});
