/** The options of `--backend local`. */
export interface LocalOptions {
  /** `auto` (default): bubblewrap where it works, plain processes otherwise. */
  readonly isolation?: 'auto' | 'bubblewrap' | 'none';
  /** Sandboxes share the host's network, with its loopback. Default: false. Plain processes always do. Refused for a model's commands. */
  readonly network?: boolean;
  /** `setup.sh` shares the host's network, with its loopback. Default: false. */
  readonly setupNetwork?: boolean;
  /** A model's commands may run as plain processes of this machine. Default: false. */
  readonly unisolated?: boolean;
  /**
   * Executables, by name or absolute path, whose installation is shown to sandboxes when it is outside /usr, and virtual
   * environments of Python by the path of their Python. Default: node and python3.
   */
  readonly tools?: readonly string[];
}
