"""The first process of a fake machine: starts programs with named pipes as their standard streams, and reaps."""

import json
import os
import select
import signal

running = {}


def say(message):
    os.write(1, (json.dumps(message) + "\n").encode())


def reap():
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid in running:
            say({"id": running.pop(pid), "ended": os.waitstatus_to_exitcode(status)})


def start(ask):
    pipes = [
        os.open(ask["pipes"] + ".0", os.O_RDONLY | os.O_NONBLOCK),
        os.open(ask["pipes"] + ".1", os.O_WRONLY),
        os.open(ask["pipes"] + ".2", os.O_WRONLY),
    ]
    os.set_blocking(pipes[0], True)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for number, pipe in enumerate(pipes):
            os.dup2(pipe, number)
        os.closerange(3, 256)
        for number in (signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        try:
            os.chdir(ask["cwd"])
            os.execvpe(ask["argv"][0], ask["argv"], ask["env"])
        except OSError as error:
            os.write(2, f"{error}\n".encode())
        os._exit(127)
    running[pid] = ask["id"]
    for pipe in pipes:
        os.close(pipe)
    say({"id": ask["id"]})


def handle(ask):
    if "argv" in ask:
        start(ask)
    else:
        for number in range(3):
            os.mkfifo(f"{ask['pipes']}.{number}")
        say({"id": ask["id"], "made": True})


# A signal that arrives just before a read does not interrupt it, so it also writes to a pipe.
woken, waker = os.pipe()
for end in (woken, waker):
    os.set_blocking(end, False)
signal.set_wakeup_fd(waker)
signal.signal(signal.SIGCHLD, lambda *_: None)
say({"id": "ready"})
rest = b""
while True:
    ready, _, _ = select.select([0, woken], [], [])
    if woken in ready:
        os.read(woken, 4096)
        reap()
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            handle(json.loads(line))
