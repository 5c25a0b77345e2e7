/** What a sandbox is made from. A backend with images uses `image`, one without `taskDir`'s `setup.sh`. */
export interface SandboxSpec {
  /** For labels and file names: at most 63 lower-case letters, digits and dashes, unique on this host. */
  readonly name: string;
  /** Run, trial and seat it belongs to, for those who look for leftovers. */
  readonly labels: Readonly<Record<string, string>>;
  /** Image reference. Its ENTRYPOINT is never run. */
  readonly image: string;
  /** The task's folder on the host. It also holds golden patches and hidden tests: never show it to an agent. */
  readonly taskDir: string;
  /** A model's commands or code will run in it: a backend that isolates nothing refuses. */
  readonly untrusted: boolean;
}
