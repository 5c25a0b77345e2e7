import { frameworkContract } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { fakeServer, serverFolder } from './fake-server.test.support.ts';
import { openHandsSubject } from './subject.test.support.ts';

const subject = openHandsSubject({ command: fakeServer(serverFolder()) });
test.for(frameworkContract)('$name', (agentCase) => agentCase.check(subject));
