"""A fake docker: containers are folders of images, in bubblewrap or as plain processes."""

import json
import os
import shutil
import signal
import subprocess
import sys

machine = os.environ["FAKE_MACHINE"]
images = os.environ["FAKE_IMAGES"]
container = os.path.join(machine, "container")
started = os.path.join(machine, "started")


def confined(root):
    system = []
    for path in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(path):
            system += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            system += ["--ro-bind", path, path]
    own = []
    for name in sorted(os.listdir(root)):
        for path in [f"{name}/local"] if name == "usr" else [name]:
            own += ["--bind", os.path.join(root, path), f"/{path}"]
    return (
        ["bwrap", "--unshare-all", "--uid", "0", "--gid", "0", "--die-with-parent", "--ro-bind", "/usr", "/usr"]
        + system
        + own
        + ["--proc", "/proc", "--dev", "/dev", "--chdir", "/"]
    )


def run(arguments):
    while arguments[0].startswith("--"):
        option = arguments.pop(0)
        with open(os.path.join(machine, "options"), "a") as file:
            file.write(option + "\n")
    image = os.path.join(images, arguments.pop(0).replace("/", "_"))
    if not os.path.isdir(image):
        sys.stderr.write("docker: pull access denied\n")
        sys.exit(125)
    shutil.copytree(image, container, symlinks=True)
    os.makedirs(os.path.join(container, "patches"), exist_ok=True)


def execute(arguments):
    arguments = arguments[2:]
    if os.environ["FAKE_KIND"] == "plain":
        arguments = [container + one if one.startswith(("/patches", "/workspace")) else one for one in arguments]
    else:
        arguments = confined(container) + arguments
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    process = subprocess.Popen(arguments, env=environment, start_new_session=True)
    with open(started, "w") as file:
        file.write(str(process.pid))
    if os.path.exists(os.path.join(machine, "off")):
        os.killpg(process.pid, signal.SIGKILL)

    # The client holds the pipes, so they close when it ends.
    def close(number, _):
        os.killpg(process.pid, signal.SIGKILL)
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, close)
    code = process.wait()
    end()
    sys.exit(code if code >= 0 else 128 - code)


def end():
    if os.path.exists(started):
        try:
            os.killpg(int(open(started).read()), signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.remove(started)


def remove():
    end()
    shutil.rmtree(container, ignore_errors=True)


command, *rest = sys.argv[1:]
if command == "run":
    run(rest)
elif command == "rm":
    remove()
elif command == "exec":
    execute(rest)
elif command == "restart":
    end()
elif command == "inspect":
    if not os.path.isdir(container):
        sys.exit(1)
    print("true")
else:
    sys.exit(json.dumps(sys.argv))
