import { frameworkContract } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { programFolder } from '../fake-program.test.support.ts';
import { fakeCodex } from './fake-codex.test.support.ts';
import { codexSubject } from './subject.test.support.ts';

const folder = programFolder();

const subject = codexSubject({ command: fakeCodex(folder) });
test.for(frameworkContract)('$name', (agentCase) => agentCase.check(subject));
