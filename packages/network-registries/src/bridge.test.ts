import { checkBridge } from './bridge.test.support.ts';

// The others are in bridge.system.test.ts.
checkBridge('node');
