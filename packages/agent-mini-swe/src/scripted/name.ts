const prefix = 'scripted/';

/** Returns whether a model id names a file of turns to replay. */
export function isScripted(model: string): boolean {
  return model.startsWith(prefix);
}

/** Returns the file in `scripted/<file>`, as the user wrote it. */
export function getScriptFile(model: string): string {
  return model.slice(prefix.length);
}
