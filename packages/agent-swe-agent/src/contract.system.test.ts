import { frameworkContract } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { fakeMini } from './fake-mini.test.support.ts';
import { programFolder } from './fake-python.test.support.ts';
import { fakeSwe } from './fake-swe.test.support.ts';
import { miniSubject, sweSubject } from './subject.test.support.ts';

// The fakes are packages of Python.
const folder = programFolder();

const mini = miniSubject({ command: fakeMini(folder) });
test.for(frameworkContract)('mini_swe_agent_cli: $name', (agentCase) => agentCase.check(mini));

const swe = sweSubject({ command: fakeSwe(folder) });
test.for(frameworkContract)('swe_agent: $name', (agentCase) => agentCase.check(swe));
