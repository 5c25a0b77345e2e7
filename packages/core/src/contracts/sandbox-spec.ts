/** Software that an agent needs in its sandbox. A backend adds it to a task's image once and caches the result. */
export interface Layer {
  /** Name and version of the software, such as `claude-code-2.1.197`. */
  readonly key: string;
  /** POSIX sh, run as root with network. A change makes a new layer. */
  readonly install: string;
  /** POSIX sh that exits 0 in a sandbox that has the software. A backend that cannot install layers only runs this check. */
  readonly check: string;
}

/** Describes a sandbox to create. A backend with images uses `image`. A backend without images runs `setup.sh` in `taskDir`. */
export interface SandboxSpec {
  /** For labels and file names: at most 63 lower-case letters, digits and dashes, unique on this host. */
  readonly name: string;
  /** The run, trial and seat that the sandbox belongs to. */
  readonly labels: Readonly<Record<string, string>>;
  /** Image reference. Its ENTRYPOINT never runs. */
  readonly image: string;
  /** Host directory of the task. It also contains golden patches and hidden tests: never show it to an agent. */
  readonly taskDir: string;
  /** The sandbox will run a model's commands or code. A backend without isolation refuses. */
  readonly untrusted: boolean;
  /** The longest time that the owner needs the sandbox after `create` resolves. A provider may terminate it afterwards. */
  readonly lifetimeMs: number;
  /** Layers to add to the image, in this order. `create` throws SandboxError `SANDBOX_LAYER` when one is missing or fails. */
  readonly layers?: readonly Layer[] | undefined;
  /**
   * Begin with the files that `Sandbox.keep` kept under this key, of a sandbox with the same image or source. If it is absent,
   * begin with the files of the image or source. `create` throws SandboxError `SANDBOX_KEPT` when nothing is kept.
   */
  readonly kept?: string | undefined;
  /** `none`: no network but loopback. Absent means `open`, the internet without the host, other sandboxes, link-local and private addresses. */
  readonly network?: 'open' | 'none' | undefined;
  /**
   * Processors that the sandbox needs. It gets at least as many, or `create` throws ConfigError `SANDBOX_RESOURCES` that names
   * them. Defaults to what the backend gives.
   */
  readonly cpus?: number | undefined;
  /** Memory that the sandbox needs, likewise. */
  readonly memoryMiB?: number | undefined;
}
