/** Numbers of a system call on x86_64 and aarch64, from the kernel's `asm/unistd_64.h` and `asm-generic/unistd.h`. */
type Numbers = readonly [x64: number, arm64: number];

/** Calls that no program in a sandbox may make. The answer is the error that programs expect where the call does not exist. */
export interface Refusal {
  readonly reason: string;
  readonly error: 'EPERM' | 'ENOSYS';
  readonly calls: Readonly<Record<string, Numbers>>;
}

export const refusals: readonly Refusal[] = [
  {
    reason: 'Programs run on asynchronous copies of system calls, which this filter does not see.',
    error: 'ENOSYS',
    calls: { io_uring_setup: [425, 425], io_uring_enter: [426, 426], io_uring_register: [427, 427] },
  },
  {
    reason: 'Its flags are in memory, where a filter cannot read them. The C library then calls clone.',
    error: 'ENOSYS',
    calls: { clone3: [435, 435] },
  },
  {
    reason: 'It stops the kernel in the middle of a copy, which makes races in the kernel easy to win.',
    error: 'EPERM',
    calls: { userfaultfd: [323, 282] },
  },
  {
    reason: 'Keys of the kernel are shared by all processes of a user, not by those of a sandbox.',
    error: 'EPERM',
    calls: { add_key: [248, 217], request_key: [249, 218], keyctl: [250, 219] },
  },
  {
    reason: 'They load code into the kernel, or replace it.',
    error: 'EPERM',
    calls: {
      bpf: [321, 280],
      init_module: [175, 105],
      finit_module: [313, 273],
      delete_module: [176, 106],
      kexec_load: [246, 104],
      kexec_file_load: [320, 294],
    },
  },
  {
    reason: 'They observe the whole machine.',
    error: 'EPERM',
    calls: { perf_event_open: [298, 241], syslog: [103, 116] },
  },
  {
    reason: 'They change what a sandbox sees of the file system.',
    error: 'EPERM',
    calls: {
      mount: [165, 40],
      umount2: [166, 39],
      pivot_root: [155, 41],
      open_tree: [428, 428],
      move_mount: [429, 429],
      fsopen: [430, 430],
      fsconfig: [431, 431],
      fsmount: [432, 432],
      fspick: [433, 433],
      mount_setattr: [442, 442],
      open_tree_attr: [467, 467],
    },
  },
  {
    reason: 'It enters namespaces of other processes.',
    error: 'EPERM',
    calls: { setns: [308, 268] },
  },
  {
    reason: 'It opens files that no directory of the sandbox leads to.',
    error: 'EPERM',
    calls: { open_by_handle_at: [304, 265] },
  },
  {
    reason: 'They change the machine: its swap, accounting, quotas, clock, terminals, or whether it runs.',
    error: 'EPERM',
    calls: {
      swapon: [167, 224],
      swapoff: [168, 225],
      acct: [163, 89],
      quotactl: [179, 60],
      quotactl_fd: [443, 443],
      settimeofday: [164, 170],
      clock_settime: [227, 112],
      vhangup: [153, 58],
      reboot: [169, 142],
    },
  },
];
