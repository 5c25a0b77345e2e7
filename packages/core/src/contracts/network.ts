/**
 * What a sandbox reaches. `open`: the internet. `registries`: package registries, through a proxy of core. `none`: nothing but
 * its own loopback.
 */
export type NetworkPolicy = 'open' | 'registries' | 'none';
