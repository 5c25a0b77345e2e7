import { ConfigError, CooperBenchError } from '@cooperbench/core/errors';

/** What an error of the file system means for the dataset's folder; another error as it is. */
export function folderFailure(directory: string, error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (CooperBenchError.is(error) || syscall === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new CooperBenchError('DATASET_DISK_FULL', `There is no space left for ${directory}.`, {
      hint: 'Free some and repeat the command: what has been downloaded is kept.',
      cause: error,
    });
  }
  return new ConfigError('DATASET_UNWRITABLE', `${directory} cannot be read and written: ${message}`, {
    hint: 'Mend that, or name another folder with --dataset-dir.',
    cause: error,
  });
}
