/** A package registry: its hosts, and pages that show them. All were looked up on 2026-11-24. */
interface Registry {
  readonly hosts: readonly string[];
  readonly sources: readonly string[];
}

/**
 * The hosts that `registries` reaches. They serve releases of packages. Hosts of source code, such as github.com, are not among
 * them, because they serve the fixes that an agent has to find. `*.` at the beginning matches any host below.
 */
const registries: Readonly<Record<string, Registry>> = {
  pypi: {
    hosts: ['pypi.org', 'files.pythonhosted.org'],
    sources: ['https://pypi.org/project/pypi-simple/0.5.0/'],
  },
  npm: {
    hosts: ['registry.npmjs.org'],
    sources: ['https://docs.npmjs.com/cli/v10/using-npm/registry'],
  },
  yarn: {
    hosts: ['registry.yarnpkg.com'],
    sources: [
      'https://github.com/yarnpkg/yarn/blob/024491e516906ae9855e15b348682bef532c52a3/src/constants.js',
    ],
  },
  crates: {
    hosts: ['index.crates.io', 'static.crates.io', 'crates.io'],
    sources: [
      'https://index.crates.io/',
      'https://docs.rs/cargo-fetcher/latest/cargo_fetcher/cargo/constant.CRATES_IO_DL.html',
    ],
  },
  go: {
    hosts: ['proxy.golang.org', 'sum.golang.org'],
    sources: ['https://go.googlesource.com/go/+/go1.21.0/go.env'],
  },
  debian: {
    hosts: ['deb.debian.org', 'security.debian.org'],
    sources: [
      'https://www.chiark.greenend.org.uk/ucgi/~mdw/git/distorted-chroot/blob/4ff3ebbb8005414d72b2abd884f641c60917b725:/etc/aptsrc.conf',
    ],
  },
  ubuntu: {
    hosts: ['archive.ubuntu.com', '*.archive.ubuntu.com', 'security.ubuntu.com', 'ports.ubuntu.com'],
    sources: ['https://gist.github.com/ph1048/be6ced7b987b975a60d82bc03ac1d3e4'],
  },
  alpine: {
    hosts: ['dl-cdn.alpinelinux.org'],
    sources: ['https://wiki.alpinelinux.org/wiki/Repositories'],
  },
  maven: {
    hosts: ['repo.maven.apache.org', 'repo1.maven.org'],
    sources: [
      'https://docs.gradle.org/current/kotlin-dsl/gradle/org.gradle.api.artifacts/-artifact-repository-container/-m-a-v-e-n_-c-e-n-t-r-a-l_-u-r-l.html',
      'https://github.com/aws-cloudformation/cloudformation-cli-java-plugin/issues/227',
    ],
  },
  rubygems: {
    // No page was found for index.rubygems.org.
    hosts: ['rubygems.org', 'index.rubygems.org'],
    sources: ['https://guides.rubygems.org/rubygems-org-compact-index-api'],
  },
};

/** All hosts of the table. */
export const registryHosts: readonly string[] = Object.values(registries).flatMap(({ hosts }) => hosts);

/** Returns whether one of the patterns matches the host. */
export function matchesHost(patterns: readonly string[], host: string): boolean {
  const name = host.toLowerCase();
  return patterns.some((pattern) => {
    const expected = pattern.toLowerCase();
    return expected.startsWith('*.') ? name.endsWith(expected.slice(1)) : name === expected;
  });
}
