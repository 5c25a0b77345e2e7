import { describe } from 'vitest';
import { testCommands } from './support/page-commands.ts';

describe('the commands of', () => testCommands(undefined));
