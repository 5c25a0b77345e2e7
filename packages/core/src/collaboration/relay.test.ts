import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memoryBus } from '../builtins/memory-bus.ts';
import type { Sandbox } from '../contracts/backend.ts';
import type { RunEventBody } from '../contracts/events.ts';
import { type CommandResult, runCommand } from '../sandbox/command.ts';
import { hostWorkspace } from '../testing/host-workspace.ts';
import { Conversation } from './conversation.ts';
import { Relay } from './relay.ts';
import { SeatMailbox } from './seat-mailbox.ts';
import { TeamRepository } from './team-repository.ts';

interface Seat {
  readonly sandbox: Sandbox;
  readonly mailbox: SeatMailbox;
  readonly relay: Relay;
  sh(
    script: string,
    options?: { stdin?: string | Uint8Array; signal?: AbortSignal },
  ): Promise<CommandResult & { out: string; err: string }>;
}

let conversation: Conversation;
let events: RunEventBody[];
let lost: string[];
let team: TeamRepository;
let seats: Seat[];
let path: string | undefined;

async function open(bus: ReturnType<typeof memoryBus>, seat: string): Promise<Seat> {
  const sandbox = await hostWorkspace(undefined, path === undefined ? {} : { path });
  const mailbox = new SeatMailbox({ trial: 't', seat }, await bus.open('t', seat), conversation, (event) =>
    events.push(event),
  );
  const relay = await Relay.start({
    seat,
    workspace: sandbox,
    mailbox,
    team,
    onGit: () => {},
    onLost: (reason) => lost.push(reason),
  });
  return {
    sandbox,
    mailbox,
    relay,
    async sh(script, options) {
      const result = await runCommand(sandbox, ['sh', '-c', script], options);
      return { ...result, out: result.stdout.toString(), err: result.stderr.toString() };
    },
  };
}

beforeEach(async () => {
  conversation = new Conversation();
  events = [];
  lost = [];
  team = await TeamRepository.create(join(mkdtempSync(join(tmpdir(), 'cooperbench-team-')), 'team.git'));
  const bus = memoryBus();
  seats = [await open(bus, 'agent1'), await open(bus, 'agent2')];
});

afterEach(async () => {
  for (const { relay, mailbox, sandbox } of seats) {
    await relay[Symbol.asyncDispose]();
    await mailbox[Symbol.asyncDispose]();
    await sandbox[Symbol.asyncDispose]();
  }
  await team[Symbol.asyncDispose]();
});

const both = (): [Seat, Seat] => [seats[0]!, seats[1]!];

describe('messages between sandboxes', () => {
  test('what one sends the other reads, once, with the sender named by the host', async () => {
    const [one, two] = both();
    expect(await one.sh('send_message agent2 "I take the parser"')).toMatchObject({
      exitCode: 0,
      out: 'Sent to agent2.\n',
    });
    expect(await two.sh('cd / && read_messages')).toMatchObject({
      exitCode: 0,
      out: '[Message from agent1]: I take the parser\n',
    });
    expect(await two.sh('read_messages')).toMatchObject({ exitCode: 1, out: '', err: 'No new messages.\n' });
    await expect
      .poll(() => conversation.entries(() => 7))
      .toMatchObject([
        {
          from: 'agent1',
          to: 'agent2',
          message: 'I take the parser',
          feature_id: 7,
          received: false,
          delivered: true,
        },
      ]);
  });

  test('heredocs, pipes and any text arrive as they were', async () => {
    const [one, two] = both();
    const text = 'a "quoted" \'line\' $HOME `id` \\n\n\tünï→漢字🙂 %s \u0007 end';
    await one.sh('cat | send_message agent2', { stdin: text });
    await one.sh("send_message agent2 <<'EOF'\nfirst\nsecond\nEOF");
    await one.sh('for n in 1 2 3; do echo "n$n" | send_message agent2 > /dev/null; done');
    const messages = await two.mailbox.drain();
    expect(messages.map((message) => message.text)).toEqual([
      text,
      'first\nsecond\n',
      'n1\n',
      'n2\n',
      'n3\n',
    ]);
  });

  test('bytes that are no text arrive with what is not text replaced', async () => {
    const [one, two] = both();
    await one.sh('send_message agent2', { stdin: new Uint8Array([104, 255, 0, 105]) });
    expect((await two.mailbox.drain())[0]?.text).toBe('h\ufffd\u0000i');
  });

  test('unknown and finished peers are refused with the reason', async () => {
    const [one, two] = both();
    expect(await one.sh('send_message agent9 hi')).toMatchObject({
      exitCode: 1,
      err: 'send_message: refused: there is no agent9 in this trial\n',
    });
    expect(await one.sh('send_message agent1 hi')).toMatchObject({
      exitCode: 1,
      err: 'send_message: refused: agent1 is yourself\n',
    });
    await two.mailbox[Symbol.asyncDispose]();
    expect(await one.sh('send_message agent2 hi')).toMatchObject({
      exitCode: 1,
      err: 'send_message: refused: agent2 has finished and will not read it\n',
    });
    expect(await one.sh('send_message all hi')).toMatchObject({ exitCode: 1 });
    expect(conversation.size).toBe(0);
  });

  test('wrong usage exits 2 and says the right one', async () => {
    const [one] = both();
    expect(await one.sh('send_message')).toMatchObject({ exitCode: 2 });
    expect(await one.sh('read_messages --wait soon')).toMatchObject({
      exitCode: 2,
      err: "read_messages: --wait takes a number of seconds, not 'soon'\n",
    });
  });

  test('a text too long is refused, the longest allowed arrives', async () => {
    const [one, two] = both();
    expect(await one.sh('send_message agent2', { stdin: 'x'.repeat(256 * 1024 + 1) })).toMatchObject({
      exitCode: 1,
    });
    expect(await one.sh('send_message agent2', { stdin: 'y'.repeat(256 * 1024) })).toMatchObject({
      exitCode: 0,
    });
    expect((await two.mailbox.drain())[0]?.text.length).toBe(256 * 1024);
  });

  test('a waiting reader is woken by a message, and gives up in time without one', async () => {
    const [one, two] = both();
    const reading = two.sh('read_messages --wait 20');
    await delay(100);
    await one.sh('send_message all "are you there?"');
    expect(await reading).toMatchObject({ exitCode: 0, out: '[Message from agent1]: are you there?\n' });
    expect(await two.sh('read_messages --wait 0.2')).toMatchObject({
      exitCode: 1,
      err: 'No message within 0.2 s.\n',
    });
  });

  test('a message that reached a killed reader is given to the next', { timeout: 20_000 }, async () => {
    const [one, two] = both();
    const reading = two
      .sh('read_messages --wait 20', { signal: AbortSignal.timeout(200) })
      .catch(() => undefined);
    await reading;
    await one.sh('send_message agent2 "do not lose me"');
    await delay(2300);
    expect((await two.mailbox.drain()).map((message) => message.text)).toEqual(['do not lose me']);
  });

  test('a relay that is killed comes back, and what waited is answered', async () => {
    const [one, two] = both();
    const killed = await one.sh(
      'for p in /proc/[0-9]*; do case $(readlink $p/cwd) in "$TMPDIR"/cooperbench.*) kill -9 ${p#/proc/} && echo killed;; esac; done',
    );
    expect(killed.out).toContain('killed');
    expect(await one.sh('send_message agent2 again')).toMatchObject({ exitCode: 0 });
    expect((await two.mailbox.drain()).map((message) => message.text)).toEqual(['again']);
    expect(lost).toEqual([]);
  });

  test('garbage on the doorbell harms nobody', async () => {
    const [one, two] = both();
    await one.sh(
      'd=$(echo "$TMPDIR"/cooperbench.*); head -c 200000 /dev/urandom 1<>"$d/in" > "$d/in"; mkdir "$d/req.x"; echo "../../etc" > "$d/in"; echo req.x > "$d/in"',
    );
    expect(await one.sh('send_message agent2 fine')).toMatchObject({ exitCode: 0 });
    expect((await two.mailbox.drain()).map((message) => message.text)).toEqual(['fine']);
  });
});

const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((candidate) => existsSync(candidate));
const { COOPERBENCH_REQUIRE_SERVICES, COOPERBENCH_TEST_SYSTEM } = process.env;

if (COOPERBENCH_TEST_SYSTEM)
  describe.skipIf(busybox === undefined && !COOPERBENCH_REQUIRE_SERVICES)(
    'with nothing but busybox and git (needs busybox)',
    () => {
      beforeEach(async () => {
        const bin = mkdtempSync(join(tmpdir(), 'cooperbench-busybox-'));
        for (const applet of execFileSync(busybox ?? 'busybox', ['--list'], { encoding: 'utf8' })
          .trim()
          .split('\n'))
          symlinkSync(busybox!, join(bin, applet));
        symlinkSync('/usr/bin/git', join(bin, 'git'));
        path = bin;
        const bus = memoryBus();
        seats.push(await open(bus, 'agent1'), await open(bus, 'agent2'));
        return () => {
          path = undefined;
          rmSync(bin, { recursive: true });
        };
      });

      test('messages and the team remote work as elsewhere', async () => {
        const [one, two] = [seats[2]!, seats[3]!];
        expect((await one.sh('ls --help 2>&1')).out).toContain('BusyBox');
        const ash = await one.sh(
          'echo first | sh "$(command -v send_message)" agent2 && sh "$(command -v read_messages)"',
        );
        expect(ash).toMatchObject({ exitCode: 1, out: 'Sent to agent2.\n', err: 'No new messages.\n' });
        expect((await two.mailbox.drain()).map((message) => message.text)).toEqual(['first\n']);
        const reading = two.sh('read_messages --wait 20');
        expect(await one.sh("send_message agent2 <<'EOF'\nünï \\ $x\nEOF")).toMatchObject({
          exitCode: 0,
          out: 'Sent to agent2.\n',
        });
        expect(await reading).toMatchObject({ exitCode: 0, out: '[Message from agent1]: ünï \\ $x\n\n' });
        expect(
          await one.sh('echo a > a.txt && git add -A && git commit -qm a && git push -q team agent1'),
        ).toMatchObject({ exitCode: 0, err: '' });
        expect(await two.sh('git pull -q team agent1 && cat a.txt')).toMatchObject({
          exitCode: 0,
          out: 'a\n',
        });
      });
    },
  );

describe('the team remote', () => {
  const commit = (name: string): string =>
    `echo ${name} > ${name}.txt && git add -A && git commit -qm ${name}`;

  test("seats push, fetch and merge each other's branches", async () => {
    const [one, two] = both();
    expect(await one.sh(`${commit('one')} && git push -q team agent1`)).toMatchObject({ exitCode: 0 });
    const merged = await two.sh(
      `${commit('two')} && git fetch -q team && git merge -q team/agent1 -m merged && cat one.txt two.txt && git push -q team agent2`,
    );
    expect(merged).toMatchObject({ exitCode: 0, out: 'one\ntwo\n' });
    expect(await one.sh('git pull -q team agent2 && cat two.txt')).toMatchObject({
      exitCode: 0,
      out: 'two\n',
    });
  });

  test('a seat may write its own branches only', async () => {
    const [one] = both();
    await one.sh(commit('one'));
    expect((await one.sh('git push team agent1:agent2')).exitCode).not.toBe(0);
    expect((await one.sh('git push team agent1:main')).exitCode).not.toBe(0);
    expect((await one.sh('git push team agent1:refs/heads/agent10')).exitCode).not.toBe(0);
    expect((await one.sh('git push team agent1:refs/tags/v1')).exitCode).not.toBe(0);
    expect((await one.sh('git push team agent1:refs/heads/agent1/topic')).exitCode).toBe(0);
  });

  test('no other service can be asked for', async () => {
    const [one] = both();
    const result = await one.sh('"$TMPDIR"/cooperbench.*/team "git-upload-archive"');
    expect(result).toMatchObject({ exitCode: 1, err: 'team: no such service\n' });
  });

  test('megabytes go through in both directions', async () => {
    const [one, two] = both();
    await one.sh(
      'head -c 8000000 /dev/urandom > big && git add big && git commit -qm big && git push -q team agent1',
    );
    const [a, b] = [
      await one.sh('cksum < big'),
      await two.sh('git fetch -q team && git show team/agent1:big | cksum'),
    ];
    expect(b.out).toBe(a.out);
  });
});
