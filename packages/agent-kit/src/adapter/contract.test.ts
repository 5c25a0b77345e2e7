import { frameworkContract, frameworkSubject } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { echoAgent, echoMember } from './echo-framework.test.support.ts';

const subject = frameworkSubject({
  ...echoMember,
  agent: echoAgent,
  crash: { text: 'crash' },
});

test.for(frameworkContract)('$name', (one) => one.check(subject));
