/** Shell code that calls `cooperbench autocomplete SHELL -- WORDS` for each completion. */
export const scripts = {
  // Bash splits words at "=" and replaces only the part after it. The code evaluates none of the words.
  bash: `_cooperbench() {
  local line tab=$'\\t'
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%"$tab"*}")
  done < <(cooperbench autocomplete bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _cooperbench cooperbench
`,
  zsh: `_cooperbench() {
  local line value tab=$'\\t'
  local -a found
  while IFS= read -r line; do
    value="\${\${line%%$tab*}//:/\\\\:}"
    if [[ $line == *$tab* ]]; then found+=("$value:\${line#*$tab}"); else found+=("$value"); fi
  done < <(cooperbench autocomplete zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe cooperbench found; else _files; fi
}
(( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit }
compdef _cooperbench cooperbench
`,
  fish: `complete -c cooperbench -a '(cooperbench autocomplete fish -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
} as const;

export type Shell = keyof typeof scripts;

export const shells: readonly Shell[] = Object.keys(scripts) as Shell[];

/** The file that each shell runs when it starts. */
export const startFiles: Readonly<Record<Shell, string>> = {
  bash: '~/.bashrc',
  zsh: '~/.zshrc',
  fish: '~/.config/fish/completions/cooperbench.fish',
};

/** Restores the words that the user typed. Bash passes `--agent=local` as three words. */
export function listTypedWords(shell: string, typedTexts: readonly string[]): string[] {
  if (shell !== 'bash') return [...typedTexts];
  const words: string[] = [];
  for (const [index, word] of typedTexts.entries()) {
    if (word === '=' || (typedTexts[index - 1] === '=' && index > 0))
      words.push(`${words.pop() ?? ''}${word}`);
    else words.push(word);
  }
  return words;
}

/** Formats the text that replaces the word at the cursor. */
export function formatReplacement(shell: string, value: string): string {
  return shell === 'bash' ? value.replace(/^--[^=]+=/, '') : value;
}
