/**
 * What a sandbox reaches. `open`: the internet. `registries`: package registries, through a proxy of core. `none`: nothing but
 * its own loopback.
 */
export type NetworkPolicy = 'open' | 'registries' | 'none';

/** What a sandbox really reaches. `host`: what this machine reaches, with every server on its loopback. */
export type ActualNetwork = NetworkPolicy | 'host';
