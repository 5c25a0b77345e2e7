/**
 * Returns the names of tests that only the golden patch defines, such as unit tests in source files. Another correct patch
 * does not have them. `hidden` is the patch of the hidden tests. Tests that it defines run with any patch.
 */
export function listTestsOfPatch(
  names: readonly string[],
  golden: string,
  hiddenTests: string,
): readonly string[] {
  const [ownTests, hiddenText] = [getAddedText(golden), getAddedText(hiddenTests)];
  return names.filter((name) => {
    const definition = buildDefinition(name);
    return definition.test(ownTests) && !definition.test(hiddenText);
  });
}

function getAddedText(patch: string): string {
  return patch
    .split('\n')
    .filter((line) => line.startsWith('+') && !line.startsWith('+++ '))
    .join('\n');
}

/**
 * Matches the code that defines a test: `fn evicts(` for `cache::tests::evicts`, `def test_one(` for
 * `a.py::Case::test_one[x]`, and otherwise the name in quotes.
 */
function buildDefinition(name: string): RegExp {
  const last = (name.split('::').at(-1) ?? '').replace(/\[.*$/s, '');
  const [word, title] = [last, name].map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`\\b(?:fn|def|func|function)\\s+${word}\\s*[(<]|(["'\`])${title}\\1`);
}
