/** A package registry: its hosts, and a page of its own about them. */
interface Registry {
  readonly hosts: readonly string[];
  readonly source: string;
}

/**
 * The hosts that `registries` reaches. They serve releases of packages. Hosts of source code, such as github.com, are not among
 * them, because they serve the fixes that an agent has to find. `*.` at the beginning matches any host below.
 */
const registries: Readonly<Record<string, Registry>> = {
  pypi: {
    hosts: ['pypi.org', 'files.pythonhosted.org'],
    source: 'https://docs.pypi.org/api/',
  },
  npm: {
    hosts: ['registry.npmjs.org'],
    source: 'https://docs.npmjs.com/cli/using-npm/registry',
  },
  yarn: {
    hosts: ['registry.yarnpkg.com'],
    source: 'https://github.com/yarnpkg/yarn/blob/master/src/constants.js',
  },
  crates: {
    hosts: ['index.crates.io', 'static.crates.io', 'crates.io'],
    source: 'https://crates.io/data-access',
  },
  go: {
    hosts: ['proxy.golang.org', 'sum.golang.org'],
    source: 'https://go.dev/ref/mod#environment-variables',
  },
  debian: {
    hosts: ['deb.debian.org', 'security.debian.org'],
    source: 'https://www.debian.org/mirror/list',
  },
  ubuntu: {
    hosts: ['archive.ubuntu.com', '*.archive.ubuntu.com', 'security.ubuntu.com', 'ports.ubuntu.com'],
    source: 'https://launchpad.net/ubuntu/+archivemirrors',
  },
  alpine: {
    hosts: ['dl-cdn.alpinelinux.org'],
    source: 'https://wiki.alpinelinux.org/wiki/Repositories',
  },
  maven: {
    hosts: ['repo.maven.apache.org', 'repo1.maven.org'],
    source: 'https://central.sonatype.org/consume/',
  },
  rubygems: {
    hosts: ['rubygems.org', 'index.rubygems.org'],
    source: 'https://guides.rubygems.org/rubygems-org-api/',
  },
};

/** All hosts of the table. */
export const registryHosts: readonly string[] = Object.values(registries).flatMap(({ hosts }) => hosts);

/** A host name, perhaps with `*.` before it. An address is none, so that a list cannot open a way to the host itself. */
export const hostPattern: RegExp =
  /^(\*\.)?(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9-]{2,63}$/i;

/** Whether one of the patterns matches the host. */
export function matchesHost(patterns: readonly string[], host: string): boolean {
  const name = host.toLowerCase();
  return patterns.some((pattern) => {
    const expected = pattern.toLowerCase();
    return expected.startsWith('*.') ? name.endsWith(expected.slice(1)) : name === expected;
  });
}
