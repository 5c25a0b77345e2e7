/** The blocks that East Asian Width calls wide or full, and characters drawn as an emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const none = /[\p{Mn}\p{Me}\p{Cf}]/u;
/** Turns the character before it into a wide picture. */
const pictureSelector = '\ufe0f';
const ascii = /^[ -~]*$/;

/** The number of columns of a safe text. If terminals disagree (joined emoji, flags), the largest number. */
export function displayWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** Cuts a text to a number of columns. A cut text ends with an ellipsis. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let width = 0;
  let end = 0;
  for (const character of text) {
    width += widthOf(character);
    if (width > columns - 1) break;
    end += character.length;
  }
  return columns > 0 ? `${text.slice(0, end)}…` : '';
}

/** Wraps a text between words. A word that is wider than `columns` has its own line. */
export function wrapToWidth(text: string, columns: number): string[] {
  if (displayWidth(text) <= columns) return [text];
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && displayWidth(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function widthOf(character: string): number {
  if (character === pictureSelector) return 1;
  if (none.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
