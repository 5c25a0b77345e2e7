import { checkBridge } from './bridge.test.support.ts';

checkBridge('python3');
checkBridge('perl');
