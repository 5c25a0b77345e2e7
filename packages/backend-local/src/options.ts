/** The options of `--backend local`. */
export interface LocalOptions {
  /** `auto` (default): bubblewrap where it works, plain processes otherwise. */
  readonly isolation?: 'auto' | 'bubblewrap' | 'none';
  /** Sandboxes may use the host's network. Default: false. Plain processes always can. */
  readonly network?: boolean;
  /** A model's commands may run as plain processes of this machine. Default: false. */
  readonly unisolated?: boolean;
  /** Executables whose installation is shown to sandboxes when it is outside /usr. Default: node and python3. */
  readonly tools?: readonly string[];
}
