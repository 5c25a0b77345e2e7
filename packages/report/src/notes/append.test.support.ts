// A process that adds notes to the trial whose folder it gets.
import { addNote } from './note.ts';

const [directory = '', by = '', count = '0'] = process.argv.slice(2);
for (let index = 0; index < Number(count); index += 1)
  await addNote(directory, { by, text: `${index} ${'word '.repeat(500)}` });
