import { echoAgent, echoMember, frameworkContract, frameworkSubject } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';

const subject = frameworkSubject({
  ...echoMember,
  agent: echoAgent,
  crash: { text: 'crash' },
});

test.for(frameworkContract)('$name', (agentCase) => agentCase.check(subject));
