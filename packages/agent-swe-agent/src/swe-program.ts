/**
 * Runs `sweagent run` with a hook that shows the notes of other seats before each request and reports what happens. The
 * model, tools, prompts and loop are SWE-agent's own. Runs after `seatProgram`.
 */
export const sweProgram: string = String.raw`
import tempfile
import litellm
from pathlib import Path
from sweagent import CONFIG_DIR
from sweagent.agent.hooks.abstract import AbstractAgentHook
from sweagent.run.common import BasicCLI
from sweagent.run.run_single import RunSingle, RunSingleConfig

ask = litellm.completion


def completion(**request):
    try:
        return ask(**request)
    except litellm.BadRequestError as error:
        # A wrong request stays wrong, but SWE-agent would repeat it. It handles these two errors itself.
        if isinstance(error, (litellm.ContextWindowExceededError, litellm.ContentPolicyViolationError)):
            raise
        raise RuntimeError(str(error)) from error


litellm.completion = completion


class SeatHook(AbstractAgentHook):
    def on_init(self, *, agent):
        self.agent = agent

    def on_query_message_added(self, *, role, content, action="", tool_call_ids=None, tool_calls=None, **_):
        id = tool_calls[0]["id"] if tool_calls else ""
        emit(type="message", role=role, content=content, calls=[{"id": id, "command": action}] if action else [])

    def on_step_start(self):
        for note in arrived():
            item = {"role": "user", "content": note, "agent": self.agent.name, "message_type": "observation"}
            self.agent.history.append(item)

    def on_step_done(self, *, step, info):
        # SWE-agent finds its mark of a submission in anything that a command prints.
        if step.exit_status == "submitted" and step.action.split()[:1] != ["submit"]:
            step.done, step.exit_status = False, None
            return
        if step.exit_status in ("submitted", "exit_command") and goes_on():
            step.done = False


folder = Path(tempfile.mkdtemp())
arguments = ["--config", str(CONFIG_DIR / "default.yaml")]
for name in ("config", "given"):
    (folder / f"{name}.yaml").write_text(json.dumps(seat[name]))
    arguments += ["--config", str(folder / f"{name}.yaml")]
run = RunSingle.from_config(BasicCLI(RunSingleConfig).get_config([*arguments, "--output_dir", str(folder)]))
run.agent.templates.system_template += "\n\n{{ seat_instructions }}"
run.agent.add_hook(SeatHook())
run.run()
emit(type="ended", status=run.agent.info.get("exit_status"))
`;
