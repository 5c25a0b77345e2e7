import { frameworkContract } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { programFolder } from '../fake-program.test.support.ts';
import { fakeClaude } from './fake-claude.test.support.ts';
import { claudeCodeSubject } from './subject.test.support.ts';

const folder = programFolder();

const subject = claudeCodeSubject({ command: fakeClaude(folder) });
test.for(frameworkContract)('$name', (one) => one.check(subject));
