import { useState } from 'preact/hooks';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const key = 'cooperbench-theme';

function readStoredTheme(): Theme {
  try {
    return themes.find((theme) => theme === localStorage.getItem(key)) ?? 'auto';
  } catch {
    // Storage is forbidden.
    return 'auto';
  }
}

/** Applies what the user chose earlier. `auto` follows the system. */
export function applyTheme(theme: Theme = readStoredTheme()): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function ThemeButton() {
  const [theme, setTheme] = useState(readStoredTheme);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
  const choose = (): void => {
    setTheme(next);
    applyTheme(next);
    try {
      localStorage.setItem(key, next);
    } catch {
      // Storage is forbidden: the choice lasts as long as the page.
    }
  };
  return (
    <button type="button" class="quiet" onClick={choose} title={`Theme: ${theme}. Change to ${next}.`}>
      {{ auto: '◐', light: '☀', dark: '☾' }[theme]} <span class="wide-only">{theme}</span>
      <span class="hidden"> theme, change to {next}</span>
    </button>
  );
}
